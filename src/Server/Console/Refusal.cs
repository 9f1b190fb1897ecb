namespace Octavo.Server.Console;

/// <summary>Why something that was asked for was not done.</summary>
/// <param name="Sentence">What was wrong, and what would be right.</param>
/// <param name="RequestId">Under it the log tells more.</param>
public sealed record Refusal(string Sentence, string RequestId)
{
    /// <summary>Whether the sentence names a field, which is then marked.</summary>
    public bool Names(string field)
    {
        for (var at = 0; (at = Sentence.IndexOf(field, at, StringComparison.Ordinal)) >= 0; at += field.Length)
            if (!IsWord(at - 1) && !IsWord(at + field.Length)) return true;
        return false;
    }

    bool IsWord(int at) => at >= 0 && at < Sentence.Length && (char.IsLetterOrDigit(Sentence[at]) || Sentence[at] == '_');
}
