using System.Text.Json;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Clients;

/// <summary>The client that the documentation of 2011 used: RestClient, on Ruby, in a process of its own.</summary>
public class RubyClientTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Every_call_on_the_documentations_page_gets_the_documented_bytes()
    {
        var volume = await fixture.Client.ImportedAsync("on the page", Image.Make(61, 1 << 20));
        var snapshot = await fixture.Client.SnapshottedAsync(volume.Id);

        var replies = await RunAsync("page.rb", volume.Id);

        replies.ShouldAllBe(r => r.GetProperty("status").GetInt32() == 200 && r.GetProperty("type").GetString() == V1.ContentType);
        var bodies = replies.Select(r => r.GetProperty("body").GetString()!).ToList();
        bodies[0].ShouldBe($"[{V1.Json(volume)}]");
        bodies[1].ShouldBe(V1.Json(volume));
        bodies[2].ShouldBe($"[{V1.Json(snapshot)}]");
        bodies[3].ShouldMatch(V1.JustTaken(volume));
        bodies[4].ShouldMatch(V1.JustTaken(volume));
        bodies[5].ShouldBe("{}");
        (await fixture.Client.VolumesAsync()).ShouldNotContain(v => v.Id == volume.Id);
        (await fixture.Client.SnapshotsAsync()).Count(s => s.ProviderVolumeId == volume.ProviderVolumeId).ShouldBe(3);
    }

    [Fact]
    public async Task A_refusal_raises_the_exception_of_its_status_with_sentences_in_it()
    {
        var replies = await RunAsync("refused.rb", "");

        replies.Select(r => r.GetProperty("error").GetString()).ShouldBe(
        [
            "RestClient::Unauthorized", "RestClient::Unauthorized", "RestClient::NotFound", "RestClient::NotAcceptable",
            "RestClient::MethodNotAllowed",
        ]);
        foreach (var reply in replies)
        {
            using var body = JsonDocument.Parse(reply.GetProperty("body").GetString()!);
            body.RootElement.EnumerateObject().ShouldHaveSingleItem().Name.ShouldBe("errors");
            body.RootElement.GetProperty("errors").EnumerateArray().ShouldHaveSingleItem().GetString().ShouldNotBeNullOrWhiteSpace();
        }
    }

    async Task<List<JsonElement>> RunAsync(string script, string volume)
    {
        var result = await Shell.RunAsync(
            "ruby", [Path.Combine(Build.Root, "tests", "EndToEnd", "Ruby", script)],
            new Dictionary<string, string>
            {
                ["OCTAVO_URL"] = fixture.Server.Address.AbsoluteUri,
                ["OCTAVO_TOKEN"] = fixture.Server.Token,
                ["OCTAVO_VOLUME"] = volume,
            });
        using var document = JsonDocument.Parse(result.Succeeded());
        return [.. document.RootElement.EnumerateArray().Select(e => e.Clone())];
    }
}
