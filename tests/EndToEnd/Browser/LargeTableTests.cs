using System.Collections.Concurrent;
using Octavo.Ec2;
using Octavo.EndToEnd.Ebs;
using static Microsoft.Playwright.Assertions;

namespace Octavo.EndToEnd.Browser;

/// <summary>The volume table with ten thousand of them.</summary>
public class LargeTableTests(Chromium chromium)
{
    const int Volumes = 10_000;

    /// <summary>From the last letter to the rows on the screen; a quarter of a second of it is the wait for another letter.</summary>
    static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Typing_filters_ten_thousand_volumes_without_loading_the_page_again()
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Volumes = Volumes, Attached = 3000 });
        await stage.AddFirstAsync();
        await using var visitor = await chromium.VisitorAsync(stage.Server.Address, Screen.Desktop);
        await visitor.SignInAsync(stage.Server.Token);
        await visitor.OpenAsync("/volumes");
        await Expect(visitor.Page.Locator("#count")).ToContainTextAsync("10");
        await visitor.ShouldBeSoundAsync();
        var requested = new ConcurrentQueue<string>();
        visitor.Context.Request += (_, request) => requested.Enqueue(request.ResourceType);
        var took = new List<TimeSpan>();
        var search = visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Searchbox);

        foreach (var (typed, found) in new[] { ("data-", "3\u202f334"), ("999", "5"), ("9", "1") })
        {
            await search.PressSequentiallyAsync(typed);
            var began = TimeProvider.System.GetTimestamp();
            await Expect(visitor.Page.Locator("#count")).ToContainTextAsync(found);
            took.Add(TimeProvider.System.GetElapsedTime(began));
        }

        EbsStage.Say($"The table followed in {string.Join(", ", took.Select(t => $"{t.TotalMilliseconds:0} ms"))}.");
        requested.ShouldNotContain("document");
        requested.Count(type => type == "xhr").ShouldBeInRange(took.Count, took.Count * 2, "one request for a pause in the typing, not one for each letter");
        took.ShouldAllBe(t => t < Noticeable);
        await Expect(visitor.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        visitor.Page.Url.ShouldEndWith("search=data-9999");
        await visitor.ShouldBeSoundAsync();
    }
}
