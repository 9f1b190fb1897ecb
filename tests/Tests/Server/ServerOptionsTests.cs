using Octavo.Server;

namespace Octavo.Tests.Server;

public sealed class ServerOptionsTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://*:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://+:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://[::]:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://volumes.example:80;http://[::1]:80", "http://volumes.example/")]
    public void The_address_to_try_is_one_that_this_machine_reaches(string urls, string address) =>
        Parse("--urls", urls).AddressToTry.AbsoluteUri.ShouldBe(address);

    [Theory]
    [InlineData("foo")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("https://127.0.0.1:8080")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:8080/path")]
    [InlineData("http://127.0.0.1:8080;")]
    public void What_cannot_be_listened_on_is_refused_before_anything_is_made(string urls) =>
        Should.Throw<UsageException>(() => Parse("--urls", urls)).Message.ShouldContain("\"");

    [Fact]
    public void What_snapshots_store_is_verified_at_16_MiB_a_second_every_week_unless_said_otherwise()
    {
        var usual = Parse();
        var other = ServerOptions.Parse([], name => name switch { "OCTAVO_SCRUB_MIB" => "0", "OCTAVO_SCRUB_DAYS" => "30", _ => null })!;

        (usual.ScrubBytesPerSecond, usual.ScrubPeriod).ShouldBe((16 << 20, TimeSpan.FromDays(7)));
        (other.ScrubBytesPerSecond, other.ScrubPeriod).ShouldBe((0, TimeSpan.FromDays(30)));
        Should.Throw<UsageException>(() => ServerOptions.Parse([], name => name == "OCTAVO_SCRUB_DAYS" ? "0" : null)).Message.ShouldContain("from 1 to 365");
    }

    static ServerOptions Parse(params string[] args) => ServerOptions.Parse(args, _ => null)!;
}
