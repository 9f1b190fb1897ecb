using Octavo.Api;
using Octavo.Ec2;
using Octavo.EndToEnd.Ebs;

namespace Octavo.EndToEnd.Browser;

/// <summary>Names, tags, mount points and descriptions that would rather be programs: shown as what they are, everywhere.</summary>
public class HostileTextTests(Chromium chromium)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_somebody_writes_into_a_name_is_text_on_every_page_and_in_no_header()
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Regions = ["us-east-1"] });
        await FillCloudAsync(stage);
        var pages = await FillServerAsync(stage);
        await using var visitor = await chromium.VisitorAsync(stage.Server.Address, Screen.Phone);
        visitor.Context.Response += (_, response) =>
            response.Headers.Keys.Concat(response.Headers.Values).ShouldNotContain(header => header.Contains("planted", StringComparison.Ordinal));
        await visitor.SignInAsync(stage.Server.Token);

        foreach (var (path, texts) in pages)
        {
            await visitor.OpenAsync(path);
            (await visitor.Page.EvaluateAsync<bool>($"() => {HostileTexts.Mark}")).ShouldBeFalse(path);
            var shown = await visitor.Page.EvaluateAsync<string>("() => document.body.textContent + [...document.querySelectorAll('input')].map(i => i.value).join()");
            foreach (var text in texts) shown.ShouldContain(text, customMessage: path);
            (await visitor.Page.Locator("main img, main script, main style, main meta, main [onload], main [onerror], main [hx-on\\:click]").CountAsync())
                .ShouldBe(0, path);
            await visitor.ShouldBeSoundAsync();
        }
    }

    [Theory]
    [InlineData("/volumes?search=", 200)]
    [InlineData("/snapshots?search=", 200)]
    [InlineData("/volumes?sort=", 400)]
    [InlineData("/volumes?nonsense=", 400)]
    [InlineData("/volumes/", 404)]
    [InlineData("/", 404)]
    public async Task Whatever_somebody_writes_into_a_link_is_text(string link, int status)
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Regions = ["us-east-1"] });
        await using var visitor = await chromium.VisitorAsync(stage.Server.Address, Screen.Desktop);
        await visitor.SignInAsync(stage.Server.Token);

        foreach (var text in HostileTexts.Names.Take(8))
        {
            var answer = await visitor.OpenAsync(link + Uri.EscapeDataString(text));
            answer.Status.ShouldBe(status);
            (await visitor.Page.EvaluateAsync<bool>($"() => {HostileTexts.Mark}")).ShouldBeFalse(link);
            if (status != 200) visitor.Forgive();
            visitor.ShouldBeUntroubled();
        }
    }

    /// <summary>Volumes and snapshots as somebody with the keys of the cloud alone could name them.</summary>
    static async Task FillCloudAsync(EbsStage stage)
    {
        var region = stage.Region("us-east-1");
        foreach (var text in HostileTexts.Names.Concat(HostileTexts.OnlyInTags))
        {
            var volume = new Ec2Volume
            {
                Id = stage.Endpoint.Cloud.NewId("vol"),
                Zone = "us-east-1a",
                SizeGib = 1,
                CreatedAt = TimeProvider.System.GetUtcNow(),
                Tags = [new Ec2Tag("Name", text), new Ec2Tag(text[..Math.Min(text.Length, 120)], text)],
            };
            region.Put(volume);
            region.Put(new Ec2Snapshot
            {
                Id = stage.Endpoint.Cloud.NewId("snap"),
                VolumeId = volume.Id,
                OwnerId = region.Account,
                StartedAt = volume.CreatedAt,
                CompletedAt = volume.CreatedAt,
                VolumeSizeGib = 1,
                Description = text,
            });
        }
        var key = stage.Endpoint.Cloud.Keys.First();
        await stage.Client.Api.CreateCredentialAsync(
            new CreateCredentialRequest(HostileTexts.Names[1], key.Id, key.Secret, Endpoint: stage.Endpoint.Address.AbsoluteUri), Cancellation);
    }

    /// <summary>The same with the means of the service, and the pages that show it.</summary>
    static async Task<IReadOnlyList<(string Path, IReadOnlyList<string> Texts)>> FillServerAsync(EbsStage stage)
    {
        var api = stage.Client.Api;
        var texts = HostileTexts.Names;
        foreach (var text in texts)
        {
            await api.CreateUserAsync(new CreateUserRequest(text, Role: "viewer"), Cancellation);
            await api.CreateTokenAsync(null, new CreateTokenRequest(text), Cancellation);
        }
        var made = await api.CreateVolumeAsync(
            new CreateVolumeRequest(
                texts[0], 1, MountPoint: "/" + texts[1],
                Tags: texts.ToDictionary(t => t[..Math.Min(t.Length, 120)], t => t)), Cancellation);
        await stage.Client.SucceededAsync(made.Operation);
        var snapshot = await stage.Client.SnapshottedAsync(made.Volume.Id);
        var listed = await stage.ListedAsync(1 + HostileTexts.Names.Count + HostileTexts.OnlyInTags.Count);
        var foreign = await stage.Client.VolumesAsync();
        var pages = new List<(string, IReadOnlyList<string>)>
        {
            ("/volumes", texts),
            ($"/volumes/{made.Volume.Id}", [texts[0], "/" + texts[1], .. texts]),
            ($"/volumes/{made.Volume.Id}/raw", []),
            ("/snapshots", texts),
            ($"/snapshots/{snapshot.Id}", [texts[0]]),
            ($"/snapshots/{snapshot.Id}/restore", [texts[0]]),
            ("/credentials", [texts[1]]),
            ("/operations", []),
            ($"/operations/{made.Operation.Id}", []),
            ("/audit", [texts[0], texts[1]]),
            ("/users", texts),
            ("/user", texts),
            ("/", []),
        };
        foreach (var volume in foreign.Where(v => v.Provider == "ebs")) pages.Add(($"/volumes/{volume.Id}", [volume.Name]));
        listed.ShouldNotBeEmpty();
        return pages;
    }
}
