using System.Text;

namespace Octavo.Providers.Ebs;

/// <summary>The sentences of failures: what AWS said, and what a person can do about it. Never a secret, whatever AWS repeats of a request.</summary>
static class FailureText
{
    /// <summary>For HTML, an empty answer, another API.</summary>
    public const string NotEc2 = "it answered something that is not EC2";

    /// <summary>AWS's sentences are short; what is longer is a copy of something.</summary>
    const int LongestSaid = 300;

    const string Cut = "[cut]";

    /// <summary>What follows these is not for people: an encoded policy decision, the text that was signed.</summary>
    static readonly string[] Tails = ["Encoded authorization failure message", "The Canonical String", "The canonical string", "The String-to-Sign"];

    /// <summary>How AWS says that the moment of a signature is not near its own.</summary>
    static readonly string[] ClockWords =
        ["Signature expired", "Signature not yet current", "Request has expired", "request time", "clock", "is now earlier than", "is still later than"];

    /// <summary>The whole sentence.</summary>
    public static string Sentence(EbsFailure failure, CallTarget target)
    {
        if (failure.Kind == EbsFailureKind.Unknown && failure.Code is null)
            return $"{target.Who} cannot be used in {target.Region}: {Clean(failure.Said, target.Secrets)}. "
                + "Check the region, the endpoint and this machine's network.";
        var said = Clean(failure.Said, target.Secrets);
        var code = failure.Code is null ? "" : $" ({Clean(failure.Code, target.Secrets)})";
        return $"{target.Who} answered {target.Action} in {target.Region}: {said}{code}. {Advice(failure, target)}".TrimEnd();
    }

    /// <summary>Whether an exception, with all that is inside it, may go to a log.</summary>
    public static bool IsClean(Exception e, IReadOnlyList<string> secrets)
    {
        if (secrets.Count == 0) return true;
        var text = e.ToString();
        return !secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal));
    }

    /// <summary>Somebody else's sentence, fit to stand in ours: one line, cut, without its full stop and without our secrets.</summary>
    public static string Clean(string said, IReadOnlyList<string> secrets)
    {
        foreach (var tail in Tails)
            if (said.IndexOf(tail, StringComparison.Ordinal) is >= 0 and var at) said = said[..at];
        foreach (var secret in secrets) said = said.Replace(secret, Cut, StringComparison.Ordinal);
        var line = new StringBuilder(Math.Min(said.Length, LongestSaid));
        foreach (var c in said)
        {
            if (line.Length == LongestSaid)
            {
                line.Append('…');
                break;
            }
            line.Append(char.IsControl(c) ? ' ' : c);
        }
        var text = line.ToString().Trim(' ', '.', ':', ',');
        return text.Length == 0 ? "nothing more" : text;
    }

    static string Advice(EbsFailure failure, CallTarget target) => failure.Kind switch
    {
        EbsFailureKind.Throttled => "Octavo waits and goes on.",
        EbsFailureKind.SnapshotPace => "Octavo waits for earlier snapshots and goes on.",
        EbsFailureKind.Unknown => "This is trouble on the other side; Octavo tries again.",
        EbsFailureKind.Limit => "Raise the quota in Service Quotas, or make room.",
        EbsFailureKind.Permission when target.Action == Actions.AssumeRole =>
            "Check the role's ARN, that its trust policy names this identity, and the external id.",
        EbsFailureKind.Permission => $"Allow {Actions.Permission(target.Action)} in the identity's policy.",
        EbsFailureKind.Expired when target.IsSession =>
            "The session has ended: give the credential new keys. If they are new, set this machine's clock.",
        EbsFailureKind.Credential or EbsFailureKind.Expired when IsAboutTime(failure) =>
            "Set this machine's clock: AWS refuses requests that are signed minutes away from its own time.",
        EbsFailureKind.Expired => "The key has ended: give the credential a new one.",
        EbsFailureKind.Credential when failure.Code == EbsCodes.AuthFailure =>
            $"Either the region {target.Region} is not enabled for the account, or the key is wrong.",
        EbsFailureKind.Credential when failure.Code == EbsCodes.SignatureDoesNotMatch => "The secret access key does not belong to the access key id.",
        EbsFailureKind.Credential => "Check the access key id and the secret: the key may be wrong, inactive or deleted.",
        EbsFailureKind.Account => "The account's owner must put this right with AWS first.",
        EbsFailureKind.InTheWay when failure.Code == EbsCodes.IdempotentParameterMismatch =>
            "The same operation asked for something else before.",
        _ => "",
    };

    static bool IsAboutTime(EbsFailure failure) =>
        ClockWords.Any(word => failure.Said.Contains(word, StringComparison.OrdinalIgnoreCase));
}
