using Octavo.Ec2;
using static Octavo.Tests.Server.RouteTable;

namespace Octavo.Tests.Server;

/// <summary>Every route of the console by every kind of session, as <see cref="AuthorizationTableTests"/> does with tokens.</summary>
public sealed class ConsoleAuthorizationTests
{
    [Fact]
    public async Task Every_route_answers_each_kind_of_session_as_the_table_says_and_names_nothing_of_another_account()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        var key = aws.Cloud.AddKey(aws.Cloud.AddAccount("111122223333").Id);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var mine = await MakeAsync(host, host.Token);
        var strangers = await host.UserAsync("stranger", "other");
        var theirs = await MakeAsync(host, strangers);
        var viewers = await host.UserAsync("viewer", role: "viewer");
        var operators = await host.UserAsync("operator", role: "operator");
        var faults = new List<string>();
        var fresh = 0;

        foreach (var row in ConsoleRouteTable.All)
        {
            var foreign = await AllIdsAsync(host, host.Token);
            var ended = await ConsoleClient.SignInAsync(host, viewers);
            await ended.PostAsync("/sign-out");
            await ExpectAsync(row, "nobody", ConsoleClient.Stranger(host), 401, mine, foreign);
            await ExpectAsync(row, "a token as a session", ConsoleClient.Stranger(host, $"octavo_session={host.Token}"), 401, mine, foreign);
            await ExpectAsync(row, "a session that ended", ended, 401, mine, foreign);
            await ExpectAsync(row, "a viewer", await ConsoleClient.SignInAsync(host, viewers), row.Who == Who.Viewer ? row.Own : 403, mine, theirs.All);
            await ExpectAsync(row, "an operator", await ConsoleClient.SignInAsync(host, operators), row.Who > Who.Operator ? 403 : row.Own, mine, theirs.All);
            await ExpectAsync(row, "another account's admin", await ConsoleClient.SignInAsync(host, strangers), row.Foreign, mine, foreign);
            await ExpectAsync(row, "the admin", await ConsoleClient.SignInAsync(host), row.Own, mine, theirs.All);
        }

        faults.ShouldBeEmpty();

        async Task ExpectAsync(Row row, string who, ConsoleClient client, int expected, Things things, HashSet<string> secret)
        {
            var path = things.Fill(row.Route);
            var reply = row.Method == "GET" ? await client.GetAsync(path) : await client.PostAsync(path, Fields(row));
            if (reply.Status != expected) faults.Add($"{row.Method} {row.Route} as {who}: {reply.Status} instead of {expected}: {reply.Body}");
            if (reply.Header("Content-Security-Policy") is null) faults.Add($"{row.Method} {row.Route} as {who}: there is no security policy");
            if (reply.Status >= 400 && !reply.Type!.Contains("text/html", StringComparison.Ordinal))
                faults.Add($"{row.Method} {row.Route} as {who}: the error has type {reply.Type}");
            // Who makes users in other accounts finds that in the own log.
            if (row.Route.EndsWith("/export", StringComparison.Ordinal)) return;
            foreach (var id in Ids(reply.Body).Where(secret.Contains).Where(id => !path.Contains(id, StringComparison.Ordinal)))
                faults.Add($"{row.Method} {row.Route} as {who}: the page names {id} of another account");
        }

        (string, string)[] Fields(Row row) =>
        [
            .. (row.Body ?? "").Replace("NEW", $"new-{++fresh}", StringComparison.Ordinal).Replace("KEY", key.Id, StringComparison.Ordinal)
                .Replace("SECRET", key.Secret, StringComparison.Ordinal).Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(field => (field[..field.IndexOf('=', StringComparison.Ordinal)], field[(field.IndexOf('=', StringComparison.Ordinal) + 1)..])),
        ];
    }
}
