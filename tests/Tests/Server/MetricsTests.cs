using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Octavo.Ec2;
using Octavo.Tests.Support;

namespace Octavo.Tests.Server;

/// <summary>The page for Prometheus, and what the documentation builds upon it.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task A_token_of_the_services_operator_that_may_only_look_is_enough()
    {
        await using var host = await ServerHost.StartAsync();
        var made = await host.V2Async("POST", "/v2/user/tokens", new JsonObject { ["name"] = "prometheus", ["role"] = "viewer" });
        made.Status.ShouldBe(201, made.Body);
        var token = (string)made.Json["token"]!;

        (await host.V2Async("GET", "/metrics", token: token)).Status.ShouldBe(200);
        (await host.V2Async("GET", "/v2/accounts", token: token)).Status.ShouldBe(403);
    }

    [Fact]
    public async Task The_page_tells_cells_operations_space_and_requests_truly()
    {
        await using var host = await ServerHost.StartAsync();
        await PageAsync(host);
        var volume = await host.ImportAsync([.. Enumerable.Repeat((byte)7, 3 << 20)]);
        await host.SnapshotAsync(volume);
        await host.SnapshotAsync(volume);
        (await host.V2Async("GET", "/v2/volumes/x", token: "0123456789")).Status.ShouldBe(401);
        await host.V1Async("GET", $"/api/volumes/{volume}");
        await host.ReconcileAsync();

        // Cells are read once a second.
        var page = await ServerHost.EventuallyAsync(() => PageAsync(host), now => Value(now, "octavo_cell_volumes", "provider=\"local\"") == 1);
        Value(page, "octavo_cell_snapshots", "provider=\"local\"").ShouldBe(2);
        Value(page, "octavo_cell_listing_age_seconds", "provider=\"local\"").ShouldBeInRange(0, 60);
        Value(page, "octavo_cell_failing_seconds", "provider=\"local\"").ShouldBe(0);
        Value(page, "octavo_operation_duration_seconds_count", "kind=\"create-snapshot\"", "outcome=\"succeeded\"").ShouldBe(2);
        Value(page, "octavo_engine_volumes_used_bytes", "account=\"default\"").ShouldBe(3 << 20);
        Value(page, "octavo_engine_volume_used_bytes", $"volume_id=\"{volume}\"").ShouldBe(3 << 20);
        // Two snapshots of the same bytes.
        Value(page, "octavo_engine_snapshots_shared_bytes", "account=\"default\"").ShouldBeGreaterThan(0);
        Value(page, "octavo_engine_snapshots_unique_bytes", "account=\"default\"").ShouldBe(0);
        Value(page, "octavo_sign_in_failures_total", "reason=\"unknown\"").ShouldBe(1);
        Value(page, "http_server_request_duration_seconds_count", "http_route=\"/api/volumes/{id}\"", "http_response_status_code=\"200\"").ShouldBe(1);
        Value(page, "http_server_request_duration_seconds_count", "http_route=\"/v2/volumes/{id}/snapshots\"").ShouldBe(2);
        Value(page, "octavo_database_commits_total").ShouldBeGreaterThan(5);
        page.ShouldNotContain(host.Token);
    }

    [Fact]
    public async Task Every_metric_that_the_alerts_the_dashboard_and_the_table_name_is_on_the_page()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        var key = aws.Cloud.AddKey(aws.Cloud.AddAccount("111122223333").Id);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        await PageAsync(host);
        var added = await host.V2Async("POST", "/v2/credentials", new JsonObject
        {
            ["name"] = "n",
            ["aws_access_key_id"] = key.Id,
            ["aws_secret_access_key"] = key.Secret,
        });
        added.Status.ShouldBe(201, added.Body);
        await host.ReconcileAsync();
        await host.SnapshotAsync(await host.ImportAsync([.. Enumerable.Repeat((byte)7, 3 << 20)]));
        (await host.V2Async("GET", "/v2/user", token: "0123456789")).Status.ShouldBe(401);
        await host.V2Async("POST", "/v2/fsck", new JsonObject { ["repair"] = false });
        await host.ReconcileAsync();

        // What is under way is there only while it is; it is told while a check is queued or runs, or not at all.
        var page = await PageAsync(host);
        var there = TypeLine().Matches(page).Select(match => match.Groups[1].Value).Append("octavo_operations_unfinished").ToHashSet();
        string[] named =
        [
            .. new[] { "docs/alerts.yml", "docs/dashboard.json", "docs/operations.md" }
                .SelectMany(file => Name().Matches(Repository.Read(file)).Select(match => match.Value)).Distinct(),
        ];

        named.Length.ShouldBeGreaterThan(25);
        named.Select(name => Suffix().Replace(name, "")).Where(name => !there.Contains(name)).ShouldBeEmpty();
        // And the other way round: nothing of ours goes unsaid.
        there.Where(name => name.StartsWith("octavo_", StringComparison.Ordinal) && !Repository.Read("docs/operations.md").Contains($"`{name}`", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    internal static async Task<string> PageAsync(ServerHost host)
    {
        // The exporter gives the same page to all who ask within 300 ms.
        await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, TestContext.Current.CancellationToken);
        var page = await host.V2Async("GET", "/metrics");
        page.Status.ShouldBe(200, page.Body);
        return page.Body;
    }

    internal static double Value(string page, string name, params string[] labels)
    {
        var line = page.Split('\n').SingleOrDefault(
            line => (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
                && labels.All(label => line.Contains(label, StringComparison.Ordinal)));
        line.ShouldNotBeNull($"{name} {string.Join(' ', labels)} in\n{page}");
        return double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^# TYPE (\\S+) ", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex("\\b(octavo|http_server|dotnet)_[a-z0-9_]+")]
    private static partial Regex Name();

    [GeneratedRegex("(?<=_seconds)_(count|sum|bucket)$")]
    private static partial Regex Suffix();
}
