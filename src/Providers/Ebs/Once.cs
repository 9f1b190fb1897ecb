using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// Takes snapshots once for an operation, though EC2 has no token that makes a repeated request one: a request whose outcome nobody knows is
/// searched for before another is made.
/// </summary>
static class Once
{
    /// <summary>Each lost try costs its settling time; after these the operation comes back later.</summary>
    const int MaxTries = 3;

    /// <param name="mayBeTaken">Whether an earlier request may have been done: then it is searched for first.</param>
    /// <param name="search">What the operation took, after the time in which it would show; null where that is nothing.</param>
    /// <param name="take">Makes one request.</param>
    public static async Task<T> TakeAsync<T>(bool mayBeTaken, Func<Task<T?>> search, Func<Task<T>> take)
        where T : class
    {
        if (mayBeTaken && await search() is { } earlier) return earlier;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await take();
            }
            catch (VolumeException e) when (Outcome.IsUnknown(e))
            {
                if (await SearchLostAsync(search) is { } taken) return taken;
                if (tries == MaxTries) throw;
            }
            catch (VolumeException e) when (e.RetryAfter is not null && tries > 1)
            {
                throw WithoutWait(e);
            }
        }
    }

    static async Task<T?> SearchLostAsync<T>(Func<Task<T?>> search)
        where T : class
    {
        try
        {
            return await search();
        }
        catch (VolumeException e) when (e.RetryAfter is not null)
        {
            throw WithoutWait(e);
        }
    }

    /// <summary>A wait says that nothing was done. After a try that was lost, that is not ours to say.</summary>
    static VolumeException WithoutWait(VolumeException e) =>
        new(e.Code, e.Message, e) { ProviderCode = e.ProviderCode, ProviderRequestId = e.ProviderRequestId };
}
