using Octavo.Ec2;
using static Octavo.Tests.Server.RouteTable;

namespace Octavo.Tests.Server;

/// <summary>The two headers that carry a token to <c>/v2</c>.</summary>
public sealed class SignInTests
{
    [Fact]
    public async Task Every_route_of_v2_takes_the_bare_token_as_it_takes_the_bearers()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var things = await MakeAsync(host, host.Token);
        var viewer = await host.UserAsync("viewer", role: "viewer");

        foreach (var row in All.Where(row => row.Route.StartsWith("/v2/", StringComparison.Ordinal) && row.Who != Who.Anyone))
        {
            var statuses = new List<int>();
            foreach (var (name, value) in new[] { ("Authorization", $"Bearer {viewer}"), ("X-Scalarium-Token", viewer) })
            {
                using var request = new HttpRequestMessage(new HttpMethod(row.Method), things.Fill(row.Route));
                request.Headers.TryAddWithoutValidation(name, value);
                statuses.Add((await host.SendAsync(request, row.Body?.Replace("NEW", name, StringComparison.Ordinal), "application/json")).Status);
            }
            statuses[1].ShouldBe(statuses[0], row.Route);
            statuses[1].ShouldNotBe(401, row.Route);
        }
    }

    [Theory]
    [InlineData("Bearer TOKEN", "TOKEN", 200)]
    [InlineData("Basic dXNlcjpwYXNz", "TOKEN", 200)]
    [InlineData("Bearer TOKEN", "other", 401)]
    [InlineData("Bearer other", "TOKEN", 401)]
    [InlineData("Bearer other", "other", 401)]
    [InlineData("Basic dXNlcjpwYXNz", "", 401)]
    public async Task Both_headers_may_carry_one_token_and_not_two(string authorization, string bare, int expected)
    {
        await using var host = await ServerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/user");
        request.Headers.TryAddWithoutValidation("Authorization", authorization.Replace("TOKEN", host.Token, StringComparison.Ordinal));
        request.Headers.TryAddWithoutValidation("X-Scalarium-Token", bare.Replace("TOKEN", host.Token, StringComparison.Ordinal));

        var reply = await host.SendAsync(request);

        reply.Status.ShouldBe(expected, reply.Body);
        if (authorization.StartsWith("Bearer ", StringComparison.Ordinal) && authorization[7..] != bare)
            ((string)reply.Json["detail"]!).ShouldBe("Authorization and X-Scalarium-Token carry different tokens. Send one of them.");
    }
}
