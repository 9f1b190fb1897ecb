using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Octavo.EndToEnd.Browser;

/// <summary>With scripts switched off everything can be read and everything can be done; only news has to be fetched by hand.</summary>
public class WithoutScriptsTests(Chromium chromium, ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    [Fact]
    public async Task Everything_is_a_page_or_a_form()
    {
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Phone, hasScripts: false);
        var page = visitor.Page;
        await visitor.SignInAsync(console.Token);

        await visitor.OpenAsync("/volumes");
        await page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "First page" }).ClickAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync(ConsoleFixture.Own);
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Expect(page.Locator("#count")).ToHaveTextAsync("1 volume matches");

        await page.GetByRole(AriaRole.Checkbox, new() { Name = $"Select {ConsoleFixture.Own}" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Snapshot", Exact = true }).ClickAsync();
        await ReloadUntilAsync(page, page.GetByText("succeeded", new() { Exact = true }).First);

        await page.GetByRole(AriaRole.Link, new() { Name = ConsoleFixture.Own }).First.ClickAsync();
        await page.GetByLabel("Mount point").FillAsync("/vol/by-hand");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Expect(page.Locator("dl").First).ToContainTextAsync("/vol/by-hand");

        await page.GetByRole(AriaRole.Button, new() { Name = "Plan deletion" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete 1 volume" }).ClickAsync();
        await ReloadUntilAsync(page, page.GetByText("succeeded", new() { Exact = true }).First);
        await visitor.OpenAsync("/volumes/deleted");
        await page.GetByRole(AriaRole.Button, new() { Name = "Bring back" }).ClickAsync();
        await ReloadUntilAsync(page, page.GetByText("available", new() { Exact = true }));

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        visitor.ShouldBeUntroubled();
    }

    /// <summary>Somebody presses "Reload" until it has come to something.</summary>
    static async Task ReloadUntilAsync(IPage page, ILocator there)
    {
        const int patience = 200;
        for (var i = 0; i < patience && !await there.IsVisibleAsync(); i++) await page.ReloadAsync();
        await Expect(there).ToBeVisibleAsync();
    }
}
