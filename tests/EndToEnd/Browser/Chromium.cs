using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Octavo.EndToEnd.Browser.Chromium))]

namespace Octavo.EndToEnd.Browser;

/// <summary>Debian's Chromium: one process for all tests, started for the first that asks.</summary>
public sealed class Chromium : IAsyncDisposable
{
    const string Executable = "/usr/bin/chromium";

    readonly Lazy<Task<Started>> started = new(StartAsync);

    /// <summary>Somebody who has never been here: no cookies, an empty cache, one page.</summary>
    internal async Task<Visitor> VisitorAsync(Uri address, Screen screen, bool hasScripts = true) =>
        await Visitor.ArriveAsync((await started.Value).Browser, address, screen, hasScripts);

    static async Task<Started> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout(Visitor.Patience);
        var playwright = await Playwright.CreateAsync();
        try
        {
            var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = Executable,
                // Chromium refuses its sandbox to root, and containers give it no shared memory to speak of.
                Args = Environment.IsPrivilegedProcess ? ["--no-sandbox", "--disable-dev-shm-usage"] : ["--disable-dev-shm-usage"],
            });
            return new Started(playwright, browser);
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!started.IsValueCreated) return;
        var (playwright, browser) = await started.Value;
        await browser.DisposeAsync();
        playwright.Dispose();
    }

    sealed record Started(IPlaywright Playwright, IBrowser Browser);
}
