using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Octavo.Ec2;
using Octavo.Server.Database;

namespace Octavo.Tests.Server;

public sealed class MasterKeyTests
{
    static readonly string Key = Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());
    static readonly string Another = Convert.ToBase64String(Enumerable.Range(2, 32).Select(i => (byte)i).ToArray());

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_master_key_that_is_given_later_encrypts_the_ring_and_the_secrets_still_open_only_with_it()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        var key = aws.Cloud.AddKey(aws.Cloud.AddAccount("111122223333").Id);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var made = await host.V2Async("POST", "/v2/credentials", new JsonObject
        {
            ["name"] = "main",
            ["aws_access_key_id"] = key.Id,
            ["aws_secret_access_key"] = key.Secret,
        });
        made.Status.ShouldBe(201, made.Body);
        (await RingAsync(host)).ShouldAllBe(xml => !MasterKey.IsEncrypted(xml));

        await host.StopAsync();
        host.MasterKey = Load(Key);
        await host.RestartedAsync();

        (await RingAsync(host)).ShouldAllBe(xml => MasterKey.IsEncrypted(xml));
        (await host.EndAsync((await host.V2Async("POST", $"/v2/credentials/{made.Json["id"]}/refresh")).Json["operation"]!))["state"]!
            .ToString().ShouldBe("succeeded");

        await host.StopAsync();
        foreach (var (other, words) in new[] { (Load(null), "is encrypted with a master key"), (Load(Another), "another master key") })
        {
            host.MasterKey = other;
            (await Should.ThrowAsync<DataFolderException>(host.RestartedAsync())).Message.ShouldContain(words);
        }
        host.MasterKey = Load(Key);
        await host.RestartedAsync();
    }

    [Theory]
    [InlineData("short")]
    [InlineData("AAAA")]
    [InlineData("not base64 at all, but as long as a key would be!")]
    public void What_is_no_key_is_refused_with_how_to_make_one(string given) =>
        Should.Throw<DataFolderException>(() => Load(given)).Message.ShouldContain("openssl rand -base64 32");

    static MasterKey? Load(string? key) => MasterKey.Load(name => name == "OCTAVO_MASTER_KEY" ? key : null);

    static Task<List<string>> RingAsync(ServerHost host) =>
        host.Services.GetRequiredService<Database>().QueryAsync($"SELECT xml FROM protection_keys", row => row.Text(0), Cancellation);
}
