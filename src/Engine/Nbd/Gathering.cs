namespace Octavo.Engine.Nbd;

/// <summary>
/// For how many requests a connection waits a moment, to answer them together. Answers that are sent one by one meet the client inside its own calls on the socket, and each waits for the
/// other's lock; together they leave it undisturbed. No client tells how many it asks for at once, so more are tried for until it has no more to ask for.
/// </summary>
sealed class Gathering
{
    /// <summary>More at once gained nothing more.</summary>
    public const int Most = 12;

    /// <summary>After a try for too many, so many rounds pass until the next.</summary>
    public const int RoundsBetween = 256;

    int calm;

    /// <summary>At least 1, which means that nothing is waited for.</summary>
    public int Wanted { get; private set; } = 1;

    /// <summary>As many came in time as were wanted.</summary>
    public void Came()
    {
        if (calm > 0) calm--;
        else if (Wanted < Most) Wanted++;
    }

    /// <summary>So many came and no more: all that the client asks for at once. With half of them it always has an answer to go on from while the others are gathered.</summary>
    public void Missed(int came)
    {
        Wanted = Math.Max(1, came / 2);
        calm = RoundsBetween;
    }
}
