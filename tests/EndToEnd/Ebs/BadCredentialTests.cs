using Octavo.Api;
using Octavo.Ec2;

namespace Octavo.EndToEnd.Ebs;

/// <summary>Credentials that open nothing: each is refused with a sentence that says what to do, nothing is kept, and no secret is told to anybody.</summary>
public class BadCredentialTests
{
    const string WrongSecret = "WrongSecretWrongSecretWrongSecretWrong01";
    const string WrongToken = "WrongSessionTokenWrongSessionTokenWrongSessionToken";
    const string OtherAccount = "222222222222";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_secret_or_key_is_refused_with_what_AWS_said()
    {
        await using var stage = await StartAsync();
        var key = stage.Endpoint.Cloud.Keys.First();

        await RefusedAsync(stage, Request(stage) with { AwsSecretAccessKey = WrongSecret }, 409, "The secret access key does not belong to the access key id");
        await RefusedAsync(stage, Request(stage) with { AwsAccessKeyId = "AKIANOBODY0000000001" }, 409, "Check the access key id and the secret");
        await RefusedAsync(stage, Request(stage) with { AwsSessionToken = WrongToken }, 409, "Check the access key id and the secret");
        var told = await stage.Cli.RunAsync(await stage.AddArgumentsAsync("wrong", key.Id, WrongSecret));
        told.ExitCode.ShouldBe(6);
        told.Error.ShouldContain("The secret access key does not belong to the access key id");
        await NothingIsKeptOrToldAsync(stage, told.Output + told.Error);
    }

    [Fact]
    public async Task An_unknown_region_is_refused_with_the_regions_that_there_are()
    {
        await using var stage = await StartAsync();

        await RefusedAsync(stage, Request(stage) with { Regions = ["eu-west-1", "mars-north-1"] }, 409, "no region mars-north-1", "It has eu-west-1, us-east-1");
        await RefusedAsync(stage, Request(stage) with { Regions = ["mars-north-1"] }, 409, "no region mars-north-1", "It has eu-west-1, us-east-1");
        await RefusedAsync(stage, Request(stage) with { Regions = ["Mars North"] }, 400, "like us-east-1");
        await NothingIsKeptOrToldAsync(stage);
    }

    [Fact]
    public async Task An_endpoint_that_cannot_be_reached_or_is_not_EC2_is_refused_with_where_to_look()
    {
        await using var stage = await StartAsync();
        await using var page = HtmlServer.Start();

        await RefusedAsync(stage, Request(stage) with { Endpoint = HtmlServer.NobodyListens() }, 503, "no connection could be made", "Check the region, the endpoint");
        await RefusedAsync(stage, Request(stage) with { Endpoint = "https://ec2.octavo.invalid" }, 503, "its name is not known to this machine's network");
        await RefusedAsync(stage, Request(stage) with { Endpoint = page.Address }, 503, "it answered something that is not EC2", "Check the region, the endpoint");
        await RefusedAsync(stage, Request(stage) with { Endpoint = "ftp://ec2.octavo.invalid" }, 400, "an http or https address");
        stage.Endpoint.Switches.HtmlErrorChance = 1;
        await RefusedAsync(stage, Request(stage), 503, "it answered something that is not EC2 (HTTP 500)");
        stage.Endpoint.Switches.HtmlErrorChance = 0;
        await NothingIsKeptOrToldAsync(stage);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    public async Task A_clock_20_minutes_off_is_refused_with_the_advice_to_set_it(int minutes)
    {
        await using var stage = await StartAsync(new ShiftedTime(TimeSpan.FromMinutes(minutes)));

        await RefusedAsync(stage, Request(stage), 409, "Set this machine's clock");
        await NothingIsKeptOrToldAsync(stage);
    }

    [Fact]
    public async Task A_role_that_may_not_be_assumed_is_refused_with_what_to_check()
    {
        await using var stage = await StartAsync();
        var closed = stage.Endpoint.Cloud.AddRole(new Ec2Role(OtherAccount, "closed", null, [OtherAccount]));
        var open = $"arn:aws:iam::{OtherAccount}:role/{Ec2Seed.RoleName}";
        const string advice = "Check the role's ARN, that its trust policy names this identity, and the external id.";

        await RefusedAsync(stage, Request(stage) with { RoleArn = closed.Arn }, 409, advice, closed.Arn);
        await RefusedAsync(stage, Request(stage) with { RoleArn = open, ExternalId = "somebody-else" }, 409, advice);
        await RefusedAsync(stage, Request(stage) with { RoleArn = open }, 409, advice);
        await RefusedAsync(stage, Request(stage) with { RoleArn = "role/octavo" }, 400, "arn:aws:iam::123456789012:role/NAME");
        await NothingIsKeptOrToldAsync(stage);
        // The same with the right external id opens, and it is not told to anybody either.
        var kept = await stage.AddAsync(stage.Endpoint.Cloud.Keys.First(), "--role-arn", open, "--external-id", Ec2Seed.ExternalId(OtherAccount));
        kept.ProviderAccount.ShouldBe(OtherAccount);
        await stage.ListedAsync(10);
        await NothingIsToldAsync(stage);
    }

    [Fact]
    public async Task The_machines_own_identity_is_for_the_operator_alone()
    {
        await using var stage = await StartAsync();
        var admin = await stage.Client.Api.CreateUserAsync(new CreateUserRequest("second admin", Role: "admin", ApiAccess: true), Cancellation);
        using var http = new HttpClient { BaseAddress = stage.Server.Address };
        var client = new OctavoClient(http, admin.Token);

        foreach (var source in new[] { "machine", "profile" })
        {
            var refused = await Should.ThrowAsync<OctavoException>(() => client.CreateCredentialAsync(
                new CreateCredentialRequest("own", null, null, Source: source, Profile: source == "profile" ? "default" : null), Cancellation));
            refused.Status.ShouldBe(403);
            refused.Message.ShouldContain("Only the service's operator");
        }
        await NothingIsKeptOrToldAsync(stage);
    }

    static Task<EbsStage> StartAsync(TimeProvider? time = null) =>
        EbsStage.StartAsync(new Ec2Seed { Accounts = 2, Regions = ["us-east-1", "eu-west-1"], Volumes = 20 }, time);

    static CreateCredentialRequest Request(EbsStage stage)
    {
        var key = stage.Endpoint.Cloud.Keys.First();
        return new CreateCredentialRequest("refused", key.Id, key.Secret, Endpoint: stage.Endpoint.Address.AbsoluteUri);
    }

    static async Task RefusedAsync(EbsStage stage, CreateCredentialRequest request, int status, params string[] words)
    {
        var refused = await Should.ThrowAsync<OctavoException>(() => stage.Client.Api.CreateCredentialAsync(request, Cancellation));
        EbsStage.Say($"{refused.Status}: {refused.Message}");
        refused.Status.ShouldBe(status, refused.Message);
        foreach (var word in words) refused.Message.ShouldContain(word);
        refused.Message.ShouldMatch(@"^[A-Za-z0-9].*\.$", "it is a sentence");
    }

    static async Task NothingIsKeptOrToldAsync(EbsStage stage, string printed = "")
    {
        (await stage.Client.Api.ListCredentialsAsync(Cancellation).ToListAsync(Cancellation)).ShouldHaveSingleItem().Provider.ShouldBe("local");
        (await stage.ListedAsync(0)).ShouldBeEmpty();
        await NothingIsToldAsync(stage, printed);
    }

    static async Task NothingIsToldAsync(EbsStage stage, string printed = "")
    {
        var secrets = stage.Endpoint.Cloud.Keys.SelectMany(k => new[] { k.Secret, k.SessionToken }).OfType<string>().Append(WrongSecret).Append(WrongToken);
        var told = stage.Server.Log + printed;
        told.ShouldContain("octavo-server is listening");
        foreach (var secret in secrets)
        {
            told.ShouldNotContain(secret, Case.Sensitive);
            (await stage.IsOnDiskAsync(secret)).ShouldBeFalse("secrets are encrypted at rest");
        }
    }
}
