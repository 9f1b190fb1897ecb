using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>Who a caller is, and becoming another.</summary>
static class StsActions
{
    static readonly TimeSpan ShortestSession = TimeSpan.FromMinutes(15);
    static readonly TimeSpan LongestSession = TimeSpan.FromHours(12);
    static readonly TimeSpan LongestChainedSession = TimeSpan.FromHours(1);

    public static void GetCallerIdentity(Call call, XmlBuffer xml)
    {
        xml.Element("Arn"u8, call.Key.Arn);
        xml.Element("UserId"u8, "AIDA" + call.Key.Id[4..]);
        xml.Element("Account"u8, call.Key.Account);
    }

    public static void AssumeRole(Call call, XmlBuffer xml)
    {
        var arn = call.Form.Required("RoleArn");
        var session = call.Form.Required("RoleSessionName");
        if (session.Length is < 2 or > 64) throw Invalid("roleSessionName has from 2 to 64 characters.");
        var external = call.Form["ExternalId"];
        if (external?.Length is < 2 or > 1224) throw Invalid("externalId has from 2 to 1224 characters.");
        var duration = TimeSpan.FromSeconds(call.Form.Number("DurationSeconds") ?? 3600);
        if (duration < ShortestSession || duration > LongestSession) throw Invalid("durationSeconds is from 900 to 43200.");

        var role = call.Cloud.FindRole(arn);
        if (role is null || (role.ExternalId is { } needed && needed != external)
            || (role.TrustedAccounts is { } trusted && !trusted.Contains(call.Key.Account)))
            throw new Ec2Failure("AccessDenied", StatusCodes.Status403Forbidden,
                $"User: {call.Key.Arn} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        if (duration > role.LongestSession) throw Invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
        if (call.Key.SessionToken is not null && duration > LongestChainedSession)
            throw Invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");

        var key = call.Cloud.OpenSession(role, session, duration);
        xml.Open("AssumedRoleUser"u8);
        xml.Element("AssumedRoleId"u8, $"AROA{key.Id[4..]}:{session}");
        xml.Element("Arn"u8, key.Arn);
        xml.Close("AssumedRoleUser"u8);
        xml.Open("Credentials"u8);
        xml.Element("AccessKeyId"u8, key.Id);
        xml.Element("SecretAccessKey"u8, key.Secret);
        xml.Element("SessionToken"u8, key.SessionToken);
        xml.Element("Expiration"u8, key.ExpiresAt);
        xml.Close("Credentials"u8);
    }

    static Ec2Failure Invalid(string message) => Ec2Failure.Bad("ValidationError", message);
}
