using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Octavo.Tests.Server;

/// <summary>Attaching, detaching and growing by the console, as a browser without scripts does it.</summary>
public sealed partial class ConsoleAttachmentTests
{
    [Fact]
    public async Task A_client_is_attached_by_a_form_its_token_shown_once_and_detached_by_another()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync("data");
        var client = await ConsoleClient.SignInAsync(host);
        ConsoleClient.Text((await client.GetAsync($"/volumes/{volume}")).Body).ShouldContain("No client uses it");

        var made = await client.PostAsync($"/volumes/{volume}/attachments", ("client", "db-1"), ("lease_seconds", "0"));

        made.Status.ShouldBe(200, made.Body);
        var token = TokenForm().Match(made.Body).Value;
        token.Length.ShouldBe(75);
        var attachment = await AttachedAsync(host);
        ((string?)attachment["client"], (int)attachment["lease_seconds"]!).ShouldBe(("db-1", 0));
        var page = (await client.GetAsync($"/volumes/{volume}")).Body;
        ConsoleClient.Text(page).ShouldContain("db-1");
        page.ShouldNotContain(token);
        (await client.PostAsync($"/attachments/{attachment["id"]}/detach")).Status.ShouldBe(400);
        var detached = await client.PostAsync($"/attachments/{attachment["id"]}/detach", ("sure", "on"));
        (detached.Status, detached.Header("Location")).ShouldBe((303, $"/volumes/{volume}#attachments"));
    }

    [Fact]
    public async Task A_form_that_is_refused_comes_back_as_it_was_with_the_reason()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync("data");
        await host.V2Async("POST", $"/v2/volumes/{volume}/attachments?wait=30", new JsonObject { ["client"] = "db-1" });
        var client = await ConsoleClient.SignInAsync(host);

        var taken = await client.PostAsync($"/volumes/{volume}/attachments", ("client", "db-2"));
        var larger = await client.PostAsync($"/volumes/{volume}/grow", ("size_gib", "1"));

        taken.Status.ShouldBe(409);
        ConsoleClient.Text(taken.Body).ShouldContain("attached to db-1 already");
        larger.Status.ShouldBe(400);
        ConsoleClient.Text(larger.Body).ShouldContain("can only grow");
        (await client.PostAsync($"/volumes/{volume}/grow", ("size_gib", "2"))).Status.ShouldBe(303);
    }

    [Fact]
    public async Task A_viewer_sees_the_clients_and_no_form()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync("data");
        await host.V2Async("POST", $"/v2/volumes/{volume}/attachments?wait=30", new JsonObject { ["client"] = "<b>db-1</b>" });
        var client = await ConsoleClient.SignInAsync(host, await host.UserAsync("viewer", role: "viewer"));

        var page = (await client.GetAsync($"/volumes/{volume}")).Body;

        ConsoleClient.Text(page).ShouldContain("<b>db-1</b>");
        page.ShouldNotContain("<b>db-1</b>");
        page.ShouldNotContain("/detach");
        page.ShouldNotContain($"action=\"/volumes/{volume}/attachments\"");
    }

    static async Task<JsonNode> AttachedAsync(ServerHost host) => await ServerHost.EventuallyAsync(
        async () => (await host.V2Async("GET", "/v2/attachments")).Json["items"]![0]!, now => (string?)now["state"] == "attached");

    [GeneratedRegex("octavo-nbd-[0-9a-f]{64}")]
    private static partial Regex TokenForm();
}
