using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Octavo.Ec2;
using Octavo.EndToEnd.Ebs;
using static Microsoft.Playwright.Assertions;

namespace Octavo.EndToEnd.Browser;

/// <summary>The first half hour with Octavo, from an empty data folder, with nothing but a browser.</summary>
public class NewcomersWalkTests(Chromium chromium)
{
    const string Region = "eu-west-1";
    const int Volumes = 90;

    /// <summary>The volumes of the region that have a name of their own.</summary>
    const int Named = 10;

    static readonly Ec2Seed Cloud = new()
    {
        Regions = ["us-east-1", Region, "eu-central-1"],
        Volumes = Volumes,
        Attached = 30,
        RetentionDays = 7,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_newcomer_finds_the_way_from_the_first_start_to_the_audit_log(bool isByPhone)
    {
        await using var stage = await EbsStage.StartAsync(Cloud);
        // So slow that there is something to watch.
        var switches = stage.Endpoint.Switches;
        (switches.PageSizeCap, switches.AnswerDelay, switches.SnapshotPending) = (10, TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(6));
        await using var visitor = await chromium.VisitorAsync(stage.Server.Address, isByPhone ? Screen.DarkPhone : Screen.Desktop);
        var walk = new Walk(visitor);

        await walk.SignInAsync(stage.Server.Token);
        await walk.AddCredentialAsync(stage);
        await walk.WatchTheSyncAsync();
        await walk.FilterAsync();
        await walk.SnapshotTenAsync();
        var restored = await walk.RestoreOneAsync();
        await walk.DeleteWithAPlanAsync(restored);
        await walk.UndoAsync(restored);
        await walk.FindItAllInTheAuditLogAsync();
    }

    sealed class Walk(Visitor visitor)
    {
        readonly IPage page = visitor.Page;
        readonly Album album = new(visitor, "walk");

        public async Task SignInAsync(string token)
        {
            await visitor.OpenAsync("/");
            // A stranger gets the sign-in with the status 401, which browsers write into their console.
            visitor.Forgive();
            await album.TakeAsync("first-start");
            await visitor.TypeTokenAsync(token);
            await ShouldBeAtAsync("Overview");
            await album.TakeAsync("overview-empty");
        }

        public async Task AddCredentialAsync(EbsStage stage)
        {
            var key = stage.Endpoint.Cloud.Keys.First();
            await page.GetByRole(AriaRole.Link, new() { Name = "Add an AWS credential" }).ClickAsync();
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("production");
            await page.GetByLabel("Access key id").FillAsync(key.Id);
            await page.GetByLabel("Secret access key").FillAsync(key.Secret);
            await page.GetByText("Role, regions, endpoint").ClickAsync();
            await page.GetByLabel("Endpoint").FillAsync(stage.Endpoint.Address.AbsoluteUri);
            await album.TakeAsync("credential-form");
            await page.GetByRole(AriaRole.Button, new() { Name = "Add credential" }).ClickAsync();
        }

        public async Task WatchTheSyncAsync()
        {
            await ShouldBeAtAsync("production");
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("syncing");
            await album.TakeAsync("sync-begins");
            // It goes on by itself: nobody reloads.
            await Expect(page.GetByText("fresh", new() { Exact = true })).ToHaveCountAsync(Cloud.Regions.Count);
            await album.TakeAsync("sync-done");
            await OpenFromTheMenuAsync("Overview");
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync($"{Volumes}");
            await album.TakeAsync("overview");
        }

        public async Task FilterAsync()
        {
            await OpenFromTheMenuAsync("Volumes");
            await Expect(page.Locator("#count")).ToHaveTextAsync($"{Volumes} volumes");
            await album.TakeAsync("volumes");
            await page.GetByRole(AriaRole.Searchbox).PressSequentiallyAsync("data-");
            await Expect(page.Locator("#count")).ToHaveTextAsync($"{Cloud.Regions.Count * Named} volumes match");
            await page.GetByLabel("Region").SelectOptionAsync(Region);
            await Expect(page.Locator("#count")).ToHaveTextAsync($"{Named} volumes match");
            await Expect(page.Locator("tbody tr")).ToHaveCountAsync(Named);
            await album.TakeAsync("filtered");
        }

        public async Task SnapshotTenAsync()
        {
            foreach (var box in await page.GetByRole(AriaRole.Checkbox, new() { Name = "Select data-" }).AllAsync()) await box.CheckAsync();
            await Expect(page.GetByText($"{Named} selected")).ToBeVisibleAsync();
            await album.TakeAsync("selected");
            await page.GetByRole(AriaRole.Button, new() { Name = "Snapshot", Exact = true }).ClickAsync();
            await ShouldBeAtAsync("Create snapshots");
            await Expect(page.Locator("tbody tr")).ToHaveCountAsync(Named);
            await Expect(page.Locator("tbody").GetByText(new Regex("^[1-9][0-9]? %$")).First).ToBeVisibleAsync();
            await album.TakeAsync("snapshots-progress");
            await Expect(page.Locator("tbody").GetByText("succeeded", new() { Exact = true })).ToHaveCountAsync(Named);
            await album.TakeAsync("snapshots-done");
        }

        public async Task<string> RestoreOneAsync()
        {
            await OpenFromTheMenuAsync("Snapshots");
            await Expect(page.Locator("tbody tr")).ToHaveCountAsync(Named);
            await album.TakeAsync("snapshots");
            await page.GetByRole(AriaRole.Link, new() { Name = "Restore" }).First.ClickAsync();
            await page.GetByLabel("Name of the new volume").FillAsync("brought-back");
            await album.TakeAsync("restore-form");
            await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
            await ShouldBeAtAsync("brought-back");
            await Expect(page.GetByText("available", new() { Exact = true })).ToBeVisibleAsync();
            await album.TakeAsync("restored");
            return new Uri(page.Url).AbsolutePath;
        }

        public async Task DeleteWithAPlanAsync(string volume)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Plan deletion" }).ClickAsync();
            await ShouldBeAtAsync("Plan of deletion");
            await album.TakeAsync("delete-plan");
            await page.GetByRole(AriaRole.Button, new() { Name = "Delete 1 volume" }).ClickAsync();
            await Expect(page.GetByText("succeeded", new() { Exact = true }).First).ToBeVisibleAsync();
            await album.TakeAsync("deleted");
            await visitor.OpenAsync(volume);
            await Expect(page.GetByText("deleted", new() { Exact = true }).First).ToBeVisibleAsync();
        }

        public async Task UndoAsync(string volume)
        {
            await OpenFromTheMenuAsync("Volumes");
            await page.GetByRole(AriaRole.Link, new() { Name = "Deleted" }).ClickAsync();
            await album.TakeAsync("deleted-volumes");
            await page.GetByRole(AriaRole.Button, new() { Name = "Bring back" }).ClickAsync();
            await ShouldBeAtAsync("brought-back");
            await Expect(page.GetByText("available", new() { Exact = true })).ToBeVisibleAsync();
            await album.TakeAsync("brought-back");
            new Uri(page.Url).AbsolutePath.ShouldBe(volume);
        }

        public async Task FindItAllInTheAuditLogAsync()
        {
            await page.GetByRole(AriaRole.Link, new() { Name = "All of it in the audit log" }).ClickAsync();
            await ShouldBeAtAsync("Audit log");
            foreach (var done in new[] { "Restore snapshot", "Delete volumes", "Undelete volume" })
                await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync(done);
            await album.TakeAsync("audit-of-the-volume");
            await OpenFromTheMenuAsync("Audit");
            await album.TakeAsync("audit");
            foreach (var done in new[]
            {
                "Sign in", "Create credential", "Create snapshots", "Restore snapshot", "Delete volume", "Undelete volume",
            })
                await Expect(page.Locator("tbody th", new() { HasTextRegex = new Regex($@"^\s*{done}") }).First).ToBeVisibleAsync();
        }

        async Task OpenFromTheMenuAsync(string name)
        {
            await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(name);
        }

        Task ShouldBeAtAsync(string heading) =>
            Expect(page.GetByRole(AriaRole.Heading, new() { Name = heading, Level = 1, Exact = true })).ToBeVisibleAsync();
    }
}
