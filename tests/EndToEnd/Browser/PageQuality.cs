using System.Text.Json;
using Microsoft.Playwright;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Browser;

/// <summary>What is asked of every page at every step.</summary>
static class PageQuality
{
    /// <summary>What one page may send with all that belongs to it, and any later answer by itself.</summary>
    const int MaxBytes = 200 << 10;

    /// <summary>Of axe-core, as package.json says; <c>./test</c> installs it.</summary>
    static readonly Lazy<Task<string>> Axe = new(() =>
        File.ReadAllTextAsync(Path.Combine(Build.Root, "tests", "EndToEnd", "Browser", "node_modules", "axe-core", "axe.min.js")));

    // Impact "moderate" is taken as seriously as what is called serious: only minor findings pass.
    const string RunAxe = """
        async () => {
            const found = await axe.run(document, { rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] });
            return JSON.stringify(found.violations
                .filter(v => v.impact !== 'minor')
                .map(v => `${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary).join(' | ')}`));
        }
        """;

    // Bytes as they came over the wire, of the page and what it is made of; what scripts asked for later counts by itself.
    const string Measure = """
        () => {
            const later = e => e.initiatorType === 'fetch' || e.initiatorType === 'xmlhttprequest';
            const parts = performance.getEntriesByType('resource');
            const page = performance.getEntriesByType('navigation')[0];
            return JSON.stringify({
                bytes: page.encodedBodySize + parts.filter(e => !later(e)).reduce((sum, e) => sum + e.encodedBodySize, 0),
                largestLater: Math.max(0, ...parts.filter(later).map(e => e.encodedBodySize)),
                width: document.documentElement.scrollWidth,
                window: document.documentElement.clientWidth,
                wide: [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120)),
                headings: document.querySelectorAll('h1').length,
                strangers: [...parts, page].map(e => new URL(e.name)).filter(u => u.origin !== location.origin).map(u => u.href),
            });
        }
        """;

    /// <summary>Nothing that axe finds, nothing to scroll to the side, not too many bytes, nothing from elsewhere, and nothing went wrong.</summary>
    public static async Task ShouldBeSoundAsync(this Visitor visitor)
    {
        var page = visitor.Page;
        await page.ShouldBeAccessibleAsync();
        var measured = JsonDocument.Parse(await page.EvaluateAsync<string>(Measure)).RootElement;
        var name = page.Url;
        measured.GetProperty("width").GetInt32().ShouldBeLessThanOrEqualTo(
            measured.GetProperty("window").GetInt32(), $"{name} scrolls to the side because of {measured.GetProperty("wide")}");
        measured.GetProperty("bytes").GetInt32().ShouldBeInRange(1, MaxBytes, name);
        measured.GetProperty("largestLater").GetInt32().ShouldBeLessThanOrEqualTo(MaxBytes, name);
        measured.GetProperty("headings").GetInt32().ShouldBe(1, $"{name} has one heading of the first order");
        measured.GetProperty("strangers").EnumerateArray().ShouldBeEmpty(name);
        visitor.ShouldBeUntroubled();
    }

    /// <summary>What axe-core finds on the page as it is shown, minor findings left out.</summary>
    public static async Task ShouldBeAccessibleAsync(this IPage page)
    {
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window")) await page.EvaluateAsync(await Axe.Value);
        var findings = JsonSerializer.Deserialize<string[]>(await page.EvaluateAsync<string>(RunAxe))!;
        findings.ShouldBeEmpty(page.Url);
    }
}
