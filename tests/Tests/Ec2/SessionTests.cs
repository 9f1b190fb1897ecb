using Amazon.EC2.Model;
using Amazon.Runtime;
using Amazon.SecurityToken.Model;
using Microsoft.Extensions.Time.Testing;
using Octavo.Ec2;

namespace Octavo.Tests.Ec2;

public class SessionTests
{
    const string Other = "222222222222";

    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task A_caller_learns_its_account()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();

        var identity = await ec2.Sts().GetCallerIdentityAsync(new GetCallerIdentityRequest(), Cancellation);

        (identity.Account, identity.Arn).ShouldBe((Ec2Fixture.Account, "arn:aws:iam::111111111111:user/octavo"));
    }

    [Fact]
    public async Task A_role_opens_its_own_account_with_its_external_id_and_to_those_it_trusts()
    {
        await using var ec2 = await StartAsync();
        var stranger = ec2.Endpoint.Cloud.AddKey(Other);

        var session = await AssumeAsync(ec2);
        (await ec2.Sts(session).GetCallerIdentityAsync(new GetCallerIdentityRequest(), Cancellation)).Account.ShouldBe(Other);
        (await ec2.Client(credentials: session).DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation))
            .Volumes.ShouldHaveSingleItem().VolumeId.ShouldBe("vol-0other");
        await Ec2Fixture.ShouldFailAsync("AccessDenied", 403, AssumeAsync(ec2, "wrong"));
        await Ec2Fixture.ShouldFailAsync("AccessDenied", 403, AssumeAsync(ec2, null));
        await Ec2Fixture.ShouldFailAsync("AccessDenied", 403, AssumeAsync(ec2, by: new BasicAWSCredentials(stranger.Id, stranger.Secret)));
    }

    [Fact]
    public async Task A_session_may_only_what_its_role_may()
    {
        await using var ec2 = await StartAsync();
        var client = ec2.Client(credentials: await AssumeAsync(ec2));

        await Ec2Fixture.ShouldFailAsync("UnauthorizedOperation", 403,
            client.DeleteVolumeAsync(new DeleteVolumeRequest("vol-0other"), Cancellation));
    }

    [Fact]
    public async Task A_session_ends_with_its_time_or_when_it_is_ended()
    {
        await using var ec2 = await StartAsync();
        var session = await AssumeAsync(ec2);
        var (client, sts) = (ec2.Client(credentials: session), ec2.Sts(session));
        await client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation);

        ec2.Endpoint.Cloud.FindKey(session.GetCredentials().AccessKey)!.Expire();

        await Ec2Fixture.ShouldFailAsync("RequestExpired", 400, client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation));
        await Ec2Fixture.ShouldFailAsync("ExpiredToken", 403, sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), Cancellation));
        await AssumeAsync(ec2);
        ec2.Endpoint.Cloud.Keys.Last().IsExpired.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(900));
        ec2.Endpoint.Cloud.Keys.Last().IsExpired.ShouldBeTrue();
    }

    [Fact]
    public async Task A_sessions_key_is_nothing_without_its_token()
    {
        await using var ec2 = await StartAsync();
        var session = (await AssumeAsync(ec2)).GetCredentials();

        await Ec2Fixture.ShouldFailAsync("AuthFailure", 401,
            ec2.Client(credentials: new BasicAWSCredentials(session.AccessKey, session.SecretKey))
                .DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation));
        await Ec2Fixture.ShouldFailAsync("AuthFailure", 401,
            ec2.Client(credentials: new SessionAWSCredentials(session.AccessKey, session.SecretKey, "other"))
                .DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation));
    }

    [Theory]
    [InlineData(899)]
    [InlineData(3601)]
    [InlineData(43201)]
    public async Task A_session_is_no_shorter_than_AWSs_and_no_longer_than_its_role_gives(int seconds)
    {
        await using var ec2 = await StartAsync();

        await Ec2Fixture.ShouldFailAsync("ValidationError", 400, AssumeAsync(ec2, seconds: seconds));
    }

    async Task<Ec2Fixture> StartAsync()
    {
        var ec2 = await Ec2Fixture.StartAsync(time: time);
        var other = ec2.Endpoint.Cloud.AddAccount(Other, [Ec2Fixture.Region]);
        other.Region(Ec2Fixture.Region).Put(new Ec2Volume { Id = "vol-0other", Zone = "us-east-1a" });
        ec2.Endpoint.Cloud.AddRole(new Ec2Role(Other, "reader", "secret-1", [Ec2Fixture.Account]) { Allowed = ["ec2:Describe*"] });
        return ec2;
    }

    static async Task<SessionAWSCredentials> AssumeAsync(
        Ec2Fixture ec2, string? externalId = "secret-1", int seconds = 900, AWSCredentials? by = null)
    {
        var reply = await ec2.Sts(by).AssumeRoleAsync(new AssumeRoleRequest
        {
            RoleArn = $"arn:aws:iam::{Other}:role/reader",
            RoleSessionName = "octavo",
            ExternalId = externalId,
            DurationSeconds = seconds,
        }, Cancellation);
        return new SessionAWSCredentials(reply.Credentials.AccessKeyId, reply.Credentials.SecretAccessKey, reply.Credentials.SessionToken);
    }
}
