namespace Octavo.Server.Database;

/// <summary>Times as the database keeps them.</summary>
static class StoredTime
{
    /// <summary>Now in whole milliseconds: what is answered at once is what is read later, entity tags included.</summary>
    public static DateTimeOffset GetStoredNow(this TimeProvider time) => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
