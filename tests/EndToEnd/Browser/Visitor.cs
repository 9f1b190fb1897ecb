using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Octavo.EndToEnd.Browser;

/// <summary>Somebody at the console with a browser of their own; whatever goes wrong in it is written down.</summary>
sealed class Visitor : IAsyncDisposable
{
    /// <summary>Milliseconds; the machine may be busy with other tests.</summary>
    public const float Patience = 20_000;

    /// <summary>The browser's word for a request that the page itself gave up, by going elsewhere.</summary>
    const string GivenUp = "net::ERR_ABORTED";

    readonly ConcurrentQueue<string> faults = new();

    Visitor(IBrowserContext context, IPage page, Uri address, Screen screen)
    {
        Context = context;
        Page = page;
        Address = address;
        Screen = screen;
    }

    /// <summary>The browser's window, with cookies and cache of its own.</summary>
    public IBrowserContext Context { get; }

    /// <summary>What is shown.</summary>
    public IPage Page { get; }

    /// <summary>Where the console is.</summary>
    public Uri Address { get; }

    /// <summary>What it is looked at with.</summary>
    public Screen Screen { get; }

    /// <summary>Scripts that failed, requests that failed or were refused, breaches of the content security policy, dialogs.</summary>
    public IReadOnlyCollection<string> Faults => faults;

    public static async Task<Visitor> ArriveAsync(IBrowser browser, Uri address, Screen screen, bool hasScripts)
    {
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.AbsoluteUri,
            ViewportSize = new ViewportSize { Width = screen.Width, Height = screen.Height },
            HasTouch = screen.IsTouch,
            IsMobile = screen.IsTouch,
            ColorScheme = screen.Colors,
            ReducedMotion = ReducedMotion.Reduce,
            JavaScriptEnabled = hasScripts,
            Locale = "en-GB",
            TimezoneId = "UTC",
        });
        context.SetDefaultTimeout(Patience);
        var visitor = new Visitor(context, await context.NewPageAsync(), address, screen);
        visitor.Watch(context);
        return visitor;
    }

    void Watch(IBrowserContext context)
    {
        // The console's own messages tell refused requests and breaches of the policy, too.
        context.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") faults.Enqueue($"{message.Type} at {message.Page?.Url}: {message.Text} ({message.Location})");
        };
        context.WebError += (_, error) => faults.Enqueue($"script at {error.Page?.Url}: {error.Error}");
        context.RequestFailed += (_, request) =>
        {
            if (request.Failure != GivenUp) faults.Enqueue($"{request.Method} {request.Url}: {request.Failure}");
        };
        context.Dialog += async (_, dialog) =>
        {
            faults.Enqueue($"dialog at {dialog.Page?.Url}: {dialog.Message}");
            await dialog.DismissAsync();
        };
    }

    /// <summary>Opens a page of the console by its path.</summary>
    public async Task<IResponse> OpenAsync(string path) =>
        await Page.GotoAsync(path) ?? throw new InvalidOperationException($"{path} is the page that is shown already.");

    /// <summary>Signs in with a token, as a person does, and comes to the overview.</summary>
    public async Task SignInAsync(string token)
    {
        await OpenAsync("/sign-in");
        await TypeTokenAsync(token);
        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Overview", Exact = true })).ToBeVisibleAsync();
    }

    /// <summary>Types a token into the sign-in that is shown, and sends it.</summary>
    public async Task TypeTokenAsync(string token)
    {
        await Page.GetByLabel("Token").FillAsync(token);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    /// <summary>The cookie of the session; null for nobody.</summary>
    public async Task<BrowserContextCookiesResult?> SessionCookieAsync() => (await Context.CookiesAsync()).SingleOrDefault();

    /// <summary>Nothing went wrong so far.</summary>
    public void ShouldBeUntroubled() => Faults.ShouldBeEmpty();

    /// <summary>What went wrong so far was meant to.</summary>
    public void Forgive() => faults.Clear();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Context.DisposeAsync();
}
