using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Accounts;

/// <summary>
/// Finds the user of a token, from memory once asked: every request comes through here. Forgets everybody whenever any user or token
/// changes, so that a revoked token is dead at once.
/// </summary>
sealed class Callers(Database.Database database, TimeProvider time)
{
    /// <summary>So many callers are remembered; a new one past that clears the memory. About 300 bytes each.</summary>
    const int MaxRemembered = 10_000;

    /// <summary>What <see cref="Read"/> expects, of tokens <c>t</c>, their users <c>u</c> and accounts <c>a</c>.</summary>
    public static readonly Sql Columns =
        $"u.id, u.name, t.id, t.name, a.id, a.name, u.role, t.role, u.is_service_operator, u.api_access, t.expires_at";

    /// <summary>So many of them.</summary>
    public const int ColumnCount = 11;

    readonly ConcurrentDictionary<TokenHash, Known> known = new();
    readonly Lock forgetting = new();
    long generation;
    TaskCompletionSource forgotten = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The token's user, or null where no user has it. The user's switches are for the caller of this to check.</summary>
    public ValueTask<Caller?> FindAsync(string token, CancellationToken cancellation)
    {
        if (token.Length is 0 or > TokenSecret.MaxLength) return ValueTask.FromResult<Caller?>(null);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        TokenSecret.Hash(token, hash);
        return known.TryGetValue(MemoryMarshal.Read<TokenHash>(hash), out var found)
            ? ValueTask.FromResult(CryptographicOperations.FixedTimeEquals(found.Hash, hash) ? found.Caller : null)
            : new ValueTask<Caller?>(LoadAsync(hash.ToArray(), cancellation));
    }

    /// <summary>To be called after every commit that changed a user.</summary>
    public void Forget()
    {
        lock (forgetting)
        {
            generation++;
            known.Clear();
            forgotten.SetResult();
            forgotten = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Completes at the next <see cref="Forget"/>: whoever serves a caller for long must then look again.</summary>
    public Task NextForgettingAsync()
    {
        lock (forgetting) return forgotten.Task;
    }

    /// <summary>Whether a caller who was let in would be still.</summary>
    public async Task<bool> IsAliveAsync(Caller caller, CancellationToken cancellation) => await database.FindAsync(
        $"""
        SELECT EXISTS (SELECT 1 FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.id = {caller.Token} AND u.api_access = 1
            AND (t.expires_at IS NULL OR t.expires_at > {time.GetUtcNow()}))
        """, row => row.Flag(0), cancellation);

    async Task<Caller?> LoadAsync(byte[] hash, CancellationToken cancellation)
    {
        var before = Interlocked.Read(ref generation);
        var found = await database.FindAsync(
            $"""
            SELECT {Columns}, t.hash FROM tokens t JOIN users u ON u.id = t.user_id JOIN accounts a ON a.id = u.account_id WHERE t.hash = {hash}
            """, row => new Known(row.Bytes(ColumnCount), Read(row)), cancellation);
        if (found is null || !CryptographicOperations.FixedTimeEquals(found.Hash, hash)) return null;
        lock (forgetting)
        {
            if (known.Count >= MaxRemembered) known.Clear();
            if (generation == before) known[MemoryMarshal.Read<TokenHash>(hash)] = found;
        }
        return found.Caller;
    }

    /// <summary>Who it is; see <see cref="Columns"/>.</summary>
    public static Caller Read(Row row)
    {
        var ofUser = Roles.Parse(row.Text(6));
        var ofToken = Roles.Parse(row.Text(7));
        return new Caller(
            new UserId(row.Text(0)), row.Text(1), row.Text(2), row.Text(3), new AccountId(row.Text(4)), row.Text(5),
            ofUser < ofToken ? ofUser : ofToken, row.Flag(8) && ofToken == Role.Admin, row.Flag(8), row.Flag(9), row.TimeOrNull(10));
    }

    sealed record Known(byte[] Hash, Caller Caller);

    /// <summary>A SHA-256 as a key. Equality of random hashes tells an attacker nothing about a token.</summary>
    readonly record struct TokenHash(UInt128 High, UInt128 Low);
}
