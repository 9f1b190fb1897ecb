using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Octavo.Core;
using Octavo.Ec2;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>Credentials that do not open what they should: each a sentence that a person can act on.</summary>
public class EbsAccessTests : EbsFaults
{
    const string Role = "inventory";

    protected override TimeProvider Clock() => TimeProvider.System;

    [Fact]
    public async Task A_good_key_tells_its_account_and_regions_and_lacks_nothing()
    {
        var report = await Provider.ProbeAsync(Ebs.Access, Cancellation);

        report.ProviderAccount.ShouldBe(EbsUnderTest.AccountId);
        report.Regions.ShouldBe(Ec2Cloud.DefaultRegions.Order(StringComparer.Ordinal));
        report.MissingPermissions.ShouldBeEmpty();
        Ebs.Endpoint.Journal.Mutations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_that_may_only_read_is_told_what_it_lacks()
    {
        Ebs.Key.Allowed = ["ec2:Describe*", "sts:*"];

        (await Provider.ProbeAsync(Ebs.Access, Cancellation)).MissingPermissions.ShouldBe(
            ["ec2:CreateVolume", "ec2:DeleteVolume", "ec2:CreateSnapshot", "ec2:CreateSnapshots", "ec2:DeleteSnapshot",
                "ec2:CreateTags", "ec2:DeleteTags"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_list_of_regions_is_kept_to_and_an_unknown_one_is_refused_by_name()
    {
        (await Provider.ProbeAsync(Ebs.Access with { Regions = ["eu-west-1", "us-east-2"] }, Cancellation)).Regions
            .ShouldBe(["eu-west-1", "us-east-2"]);

        var refused = await ShouldFailAsync(ErrorCode.Conflict,
            () => Provider.ProbeAsync(Ebs.Access with { Regions = ["mars-north-1"] }, Cancellation));
        refused.Message.ShouldContain("mars-north-1");
        refused.Message.ShouldContain("eu-west-1");
        await ShouldFailAsync(ErrorCode.Invalid,
            () => Provider.ProbeAsync(Ebs.Access with { Regions = ["eu-west-1.example.com/"] }, Cancellation));
    }

    [Fact]
    public async Task A_wrong_secret_and_an_unknown_key_are_refused_with_what_AWS_said()
    {
        var wrong = await ShouldFailAsync(ErrorCode.Conflict,
            () => Provider.ProbeAsync(Ebs.Access with { SecretAccessKey = "not the secret of this key" }, Cancellation));
        wrong.ProviderCode.ShouldBe("SignatureDoesNotMatch");
        wrong.ToString().ShouldNotContain("not the secret of this key");

        var unknown = await ShouldFailAsync(ErrorCode.Conflict,
            () => Provider.ProbeAsync(Ebs.Access with { AccessKeyId = "AKIAUNKNOWN" }, Cancellation));
        unknown.ProviderCode.ShouldBe("InvalidClientTokenId");
        unknown.Message.ShouldContain("Check the access key id");
    }

    [Fact]
    public async Task A_region_that_is_not_enabled_is_not_called_a_wrong_key_alone()
    {
        var cell = EbsUnderTest.CellOf(Ebs.Access.Credential, "me-south-1");

        var failure = await ShouldFailAsync(ErrorCode.Conflict,
            () => Provider.ListVolumesAsync(cell, new PageRequest(500, null), Cancellation));

        failure.ProviderCode.ShouldBe("AuthFailure");
        failure.Message.ShouldContain("me-south-1 is not enabled");
        (await Provider.ListVolumesAsync(Ebs.Cell, new PageRequest(500, null), Cancellation)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_role_is_assumed_with_its_external_id_and_again_when_its_session_ends()
    {
        var role = Ebs.Endpoint.Cloud.AddRole(new Ec2Role(EbsUnderTest.AccountId, Role, "external"));
        var access = Ebs.Keep(Ebs.AccessOf(Ebs.Key) with { RoleArn = role.Arn, ExternalId = "external" });
        var cell = EbsUnderTest.CellOf(access.Credential);
        (await Provider.ProbeAsync(access, Cancellation)).ProviderAccount.ShouldBe(EbsUnderTest.AccountId);
        await Provider.ListVolumesAsync(cell, new PageRequest(500, null), Cancellation);

        foreach (var session in Ebs.Endpoint.Cloud.Keys.Where(k => k.SessionToken is not null)) session.Expire();

        (await Provider.ListVolumesAsync(cell, new PageRequest(500, null), Cancellation)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_role_that_may_not_be_assumed_is_refused_by_its_name()
    {
        var role = Ebs.Endpoint.Cloud.AddRole(new Ec2Role(EbsUnderTest.AccountId, Role, "external"));

        var refused = await ShouldFailAsync(ErrorCode.Conflict,
            () => Provider.ProbeAsync(Ebs.Access with { RoleArn = role.Arn, ExternalId = "another" }, Cancellation));

        refused.Message.ShouldContain(role.Arn);
        refused.Message.ShouldContain("external id");
    }

    [Fact]
    public async Task Keys_of_a_session_that_has_ended_say_so_until_the_vault_has_new_ones()
    {
        var role = Ebs.Endpoint.Cloud.AddRole(new Ec2Role(EbsUnderTest.AccountId, Role, null));
        await Provider.ProbeAsync(Ebs.Access with { RoleArn = role.Arn }, Cancellation);
        var session = Ebs.Endpoint.Cloud.Keys.Single(k => k.SessionToken is not null);
        var access = Ebs.Keep(Ebs.AccessOf(session));
        var cell = EbsUnderTest.CellOf(access.Credential);
        await Provider.ListVolumesAsync(cell, new PageRequest(500, null), Cancellation);

        session.Expire();
        var ended = await ShouldFailAsync(ErrorCode.Conflict,
            () => Provider.ListVolumesAsync(cell, new PageRequest(500, null), Cancellation));
        ended.Message.ShouldContain("session has ended");

        Ebs.Keep(Ebs.AccessOf(Ebs.Key) with { Credential = access.Credential });
        (await Provider.ListVolumesAsync(cell, new PageRequest(500, null), Cancellation)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_clock_that_is_twenty_minutes_off_is_named_as_the_cause()
    {
        var ahead = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(20));
        await using var endpoint = await Ec2Endpoint.StartAsync(time: ahead);
        var key = endpoint.Cloud.AddKey(endpoint.Cloud.AddAccount(EbsUnderTest.AccountId).Id);

        var refused = await ShouldFailAsync(ErrorCode.Conflict,
            () => Provider.ProbeAsync(Ebs.AccessOf(key) with { Endpoint = endpoint.Address }, Cancellation));

        refused.Message.ShouldContain("Set this machine's clock");
    }

    [Fact]
    public async Task An_endpoint_that_nobody_answers_at_is_named()
    {
        // Port 9 of the loopback: nothing listens there.
        var failure = await ShouldFailAsync(ErrorCode.Unavailable,
            () => Provider.ProbeAsync(Ebs.Access with { Endpoint = new Uri("http://127.0.0.1:9") }, Cancellation));

        failure.Message.ShouldContain("127.0.0.1:9");
        failure.Message.ShouldContain("no connection could be made");
    }

    [Theory]
    [InlineData(200, "<html><body>Welcome</body></html>")]
    [InlineData(200, "<!doctype html><p>Welcome<br>")]
    [InlineData(404, "<html><body>Not here</body></html>")]
    [InlineData(502, "")]
    public async Task A_web_site_is_not_taken_for_EC2(int status, string page)
    {
        await using var site = await SiteAsync(status, page);
        var access = Ebs.Keep(Ebs.AccessOf(Ebs.Key) with { Endpoint = new Uri(site.Urls.Single()) });
        var cell = EbsUnderTest.CellOf(access.Credential);

        (await ShouldFailAsync(ErrorCode.Unavailable, () => Provider.ProbeAsync(access, Cancellation)))
            .Message.ShouldContain("answered something that is not EC2");
        await ShouldFailAsync(ErrorCode.Unavailable, () => Provider.ListVolumesAsync(cell, new PageRequest(500, null), Cancellation));
        await ShouldFailAsync(ErrorCode.Unavailable, () => Provider.DeleteSnapshotAsync(
            cell, new ProviderSnapshotId("snap-00000000000000001"), OperationId.New(), Cancellation));
    }

    [Fact]
    public async Task A_profile_that_this_machine_has_not_and_a_key_without_a_secret_are_named()
    {
        (await ShouldFailAsync(ErrorCode.Conflict, () => Provider.ProbeAsync(
            new ProviderAccess(CredentialId.New(), null, AccessSource.Profile) { Profile = "no-such-profile" }, Cancellation)))
            .Message.ShouldContain("no-such-profile");
        await ShouldFailAsync(ErrorCode.Invalid, () => Provider.ProbeAsync(Ebs.Access with { SecretAccessKey = "" }, Cancellation));
    }

    static async Task<WebApplication> SiteAsync(int status, string page)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var site = builder.Build();
        site.Run(async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(page);
        });
        await site.StartAsync(Cancellation);
        return site;
    }
}
