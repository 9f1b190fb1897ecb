using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Octavo.Core;

namespace Octavo.Server.Accounts;

/// <summary>
/// Finds the user of a token, from memory once asked: every request comes through here. Forgets everybody whenever any user
/// changes, so that a regenerated token is dead at once.
/// </summary>
sealed class Callers(Database.Database database)
{
    /// <summary>So many callers are remembered; a new one past that clears the memory. About 300 bytes each.</summary>
    const int MaxRemembered = 10_000;

    readonly ConcurrentDictionary<TokenHash, Known> known = new();
    readonly Lock forgetting = new();
    long generation;

    /// <summary>The token's user, or null where no user has it. The user's switches are for the caller of this to check.</summary>
    public ValueTask<Caller?> FindAsync(string token, CancellationToken cancellation)
    {
        if (token.Length is 0 or > AccessToken.MaxLength) return ValueTask.FromResult<Caller?>(null);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        AccessToken.Hash(token, hash);
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
        }
    }

    async Task<Caller?> LoadAsync(byte[] hash, CancellationToken cancellation)
    {
        var before = Interlocked.Read(ref generation);
        var found = await database.FindAsync(
            $"""
            SELECT u.id, u.account_id, a.name, u.is_admin, u.is_operator, u.api_access, u.token_hash
            FROM users u JOIN accounts a ON a.id = u.account_id WHERE u.token_hash = {hash}
            """,
            row => new Known(row.Bytes(6), new Caller(
                new UserId(row.Text(0)), new AccountId(row.Text(1)), row.Text(2), row.Flag(3), row.Flag(4), row.Flag(5))),
            cancellation);
        if (found is null || !CryptographicOperations.FixedTimeEquals(found.Hash, hash)) return null;
        lock (forgetting)
        {
            if (known.Count >= MaxRemembered) known.Clear();
            if (generation == before) known[MemoryMarshal.Read<TokenHash>(hash)] = found;
        }
        return found.Caller;
    }

    sealed record Known(byte[] Hash, Caller Caller);

    /// <summary>A SHA-256 as a key. Equality of random hashes tells an attacker nothing about a token.</summary>
    readonly record struct TokenHash(UInt128 High, UInt128 Low);
}
