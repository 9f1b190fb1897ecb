using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Octavo.EndToEnd.Browser;

/// <summary>Everything with the keyboard alone, and where it is stays known.</summary>
public class KeyboardTests(Chromium chromium, ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    const string Focused = """
        () => {
            const e = document.activeElement;
            return e === document.body ? 'nothing' : e.labels?.[0]?.textContent.trim() || e.textContent.trim() || e.getAttribute('aria-label') || e.id;
        }
        """;

    [Fact]
    public async Task The_first_key_skips_to_the_content_and_the_order_is_that_of_the_page()
    {
        await using var visitor = await SignedInAsync("/volumes");
        var page = visitor.Page;

        (await TabAsync(page)).ShouldBe("Skip to the content");
        foreach (var next in new[] { "Octavo", "Overview", "Volumes", "Snapshots", "Operations", "Credentials", "Audit", "Users" })
            (await TabAsync(page)).ShouldBe(next);
        await page.ReloadAsync();
        await TabAsync(page);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("main")).ToBeFocusedAsync();
        // Out of the page's head, into its content.
        (await TabAsync(page)).ShouldBe("Deleted");
        visitor.ShouldBeUntroubled();
    }

    [Fact]
    public async Task Filtering_selecting_and_taking_a_snapshot_need_no_pointer_and_lose_no_focus()
    {
        await using var visitor = await SignedInAsync("/volumes");
        var page = visitor.Page;
        var search = page.GetByRole(AriaRole.Searchbox);

        await search.FocusAsync();
        foreach (var letter in ConsoleFixture.Own)
        {
            await page.Keyboard.TypeAsync($"{letter}");
            await Expect(search).ToBeFocusedAsync();
        }
        await Expect(page.Locator("#count")).ToHaveTextAsync("1 volume matches");
        await Expect(search).ToBeFocusedAsync();
        await Expect(search).ToHaveValueAsync(ConsoleFixture.Own);

        var box = page.GetByRole(AriaRole.Checkbox, new() { Name = $"Select {ConsoleFixture.Own}" });
        await TabToAsync(page, box);
        await page.Keyboard.PressAsync("Space");
        await Expect(page.GetByText("1 selected")).ToBeVisibleAsync();
        await TabToAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Snapshot", Exact = true }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("succeeded", new() { Exact = true }).First).ToBeVisibleAsync();
        visitor.ShouldBeUntroubled();
    }

    [Fact]
    public async Task News_leaves_the_focus_where_it_is()
    {
        console.Stage.Endpoint.Switches.SnapshotPending = TimeSpan.FromSeconds(6);
        await using var visitor = await SignedInAsync("/volumes?search=data-");
        var page = visitor.Page;
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "Select data-" }).First.CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Snapshot", Exact = true }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        var link = page.Locator("tbody a").First;
        await link.FocusAsync();

        await Expect(page.GetByText("succeeded", new() { Exact = true }).First).ToBeVisibleAsync();

        await Expect(page.Locator("tbody a").First).ToBeFocusedAsync();
        visitor.ShouldBeUntroubled();
    }

    [Fact]
    public async Task Leaving_the_search_asks_for_nothing_so_that_what_is_ticked_then_stays()
    {
        await using var visitor = await SignedInAsync("/volumes");
        var page = visitor.Page;
        await page.GetByLabel("Search name, id, instance").PressSequentiallyAsync("data-");
        await Expect(page.GetByText("volumes match")).ToBeVisibleAsync();
        var asked = 0;
        page.Request += (_, _) => asked++;

        await page.GetByRole(AriaRole.Checkbox, new() { Name = "Select data-" }).First.CheckAsync();

        await Expect(page.GetByText("1 selected")).ToBeVisibleAsync();
        asked.ShouldBe(0);
        visitor.ShouldBeUntroubled();
    }

    [Fact]
    public async Task What_was_wrong_with_a_form_gets_the_focus_and_what_was_typed_is_still_there()
    {
        await using var visitor = await SignedInAsync("/volumes/new");
        var page = visitor.Page;
        await page.GetByLabel("Name").FillAsync("wrong");
        await page.GetByLabel("Mount point").FillAsync("not/absolute");

        await page.GetByLabel("Mount point").PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Alert)).ToBeFocusedAsync();
        await Expect(page.GetByLabel("Mount point")).ToHaveValueAsync("not/absolute");
        await Expect(page.GetByLabel("Name")).ToHaveValueAsync("wrong");
        visitor.Forgive();
        await visitor.ShouldBeSoundAsync();
    }

    async Task<Visitor> SignedInAsync(string path)
    {
        var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        await visitor.SignInAsync(console.Token);
        await visitor.OpenAsync(path);
        return visitor;
    }

    /// <summary>What has the focus one key later. It must be seen: a mark, inside the window.</summary>
    static async Task<string> TabAsync(IPage page)
    {
        await page.Keyboard.PressAsync("Tab");
        (await page.EvaluateAsync<bool>(
            """
            () => {
                const e = document.activeElement, at = e.getBoundingClientRect(), style = getComputedStyle(e);
                const isMarked = x => x && (getComputedStyle(x).outlineStyle !== 'none' || getComputedStyle(x).boxShadow !== 'none');
                return at.bottom > 0 && at.top < innerHeight && (isMarked(e) || isMarked(e.closest('label')));
            }
            """)).ShouldBeTrue($"the focus can be seen at {await page.EvaluateAsync<string>(Focused)}");
        return await page.EvaluateAsync<string>(Focused);
    }

    static async Task TabToAsync(IPage page, ILocator target)
    {
        const int farEnough = 60;
        for (var i = 0; i < farEnough; i++)
        {
            await TabAsync(page);
            if (await target.EvaluateAsync<bool>("e => e === document.activeElement")) return;
        }
        throw new InvalidOperationException($"{farEnough} times Tab did not lead to {target}.");
    }
}
