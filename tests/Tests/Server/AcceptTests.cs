using Microsoft.Extensions.Primitives;
using Octavo.Server.Scalarium;

namespace Octavo.Tests.Server;

public sealed class AcceptTests
{
    [Theory]
    [InlineData("application/vnd.scalarium-v1+json", true)]
    [InlineData("APPLICATION/VND.Scalarium-V1+JSON", true)]
    [InlineData("application/vnd.scalarium-v1+json; charset=utf-8", true)]
    [InlineData("application/vnd.scalarium-v1+json;q=0.1", true)]
    [InlineData("text/html, application/vnd.scalarium-v1+json", true)]
    [InlineData("application/vnd.scalarium-v2+json, application/vnd.scalarium-v1+json;q=0.5", true)]
    [InlineData("*/*", true)]
    [InlineData("*/*; q=0.5, application/xml", true)]
    [InlineData("application/*", true)]
    [InlineData("application/json", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("", true)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true)]
    [InlineData("application/vnd.scalarium-v2+json", false)]
    [InlineData("application/vnd.scalarium+json", false)]
    [InlineData("application/vnd.scalarium-v1+json;q=0", false)]
    [InlineData("application/vnd.scalarium-v1+json;q=0, */*", false)]
    [InlineData("application/vnd.scalarium-v1+json;q=0.000", false)]
    [InlineData("*/*;q=0", false)]
    [InlineData("text/html", false)]
    [InlineData("application/xml", false)]
    [InlineData("nonsense", false)]
    [InlineData(";;;,,,", false)]
    public void Version_1_is_answered_to_whom_it_suits(string accept, bool isServed) =>
        new ScalariumCaller(null, accept).AcceptsVersion1().ShouldBe(isServed);

    [Fact]
    public void No_header_is_served_and_several_are_one_list()
    {
        new ScalariumCaller(null, StringValues.Empty).AcceptsVersion1().ShouldBeTrue();
        new ScalariumCaller(null, new StringValues(["text/html", "application/json"])).AcceptsVersion1().ShouldBeTrue();
        new ScalariumCaller(null, new StringValues(["text/html", "application/xml"])).AcceptsVersion1().ShouldBeFalse();
    }

    [Fact]
    public async Task An_unknown_version_is_told_the_known_one()
    {
        await using var host = await ServerHost.StartAsync();

        var refused = await host.V1Async("GET", "/api/volumes", accept: "application/vnd.scalarium-v9+json");

        refused.Status.ShouldBe(406);
        ((string)refused.Json["errors"]![0]!).ShouldContain(ServerHost.V1);
    }
}
