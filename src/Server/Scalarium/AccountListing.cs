using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Volumes;

namespace Octavo.Server.Scalarium;

/// <summary>
/// The ready-made v1 list of each account: bytes that were made when the account's version last moved. One volume is a slice
/// of the same bytes, so that list and show cannot disagree and neither asks the database.
/// </summary>
sealed class AccountListing(VolumeStore volumes, Database.Database database)
{
    /// <summary>Accounts whose list is kept at a time; past that all are dropped. A list of 10,000 volumes has about 6 MB.</summary>
    const int MaxKept = 1000;

    readonly ConcurrentDictionary<AccountId, Listing> kept = new();
    readonly ConcurrentDictionary<AccountId, SemaphoreSlim> making = new();

    /// <summary>The account's list as it is now.</summary>
    public ValueTask<Listing> OfAsync(AccountId account, CancellationToken cancellation) =>
        kept.TryGetValue(account, out var listing) && listing.Version == database.Changes.Of(account, ChangedKind.Volume)
            ? ValueTask.FromResult(listing)
            : new ValueTask<Listing>(MakeAsync(account, cancellation));

    async Task<Listing> MakeAsync(AccountId account, CancellationToken cancellation)
    {
        // One maker per account: the others wait for its result instead of making the same bytes.
        var gate = making.GetOrAdd(account, _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(cancellation);
        try
        {
            var version = database.Changes.Of(account, ChangedKind.Volume);
            if (kept.TryGetValue(account, out var listing) && listing.Version == version) return listing;
            listing = Listing.Make(version, await volumes.ListAsync(account, cancellation));
            if (kept.Count >= MaxKept) kept.Clear();
            return kept[account] = listing;
        }
        finally
        {
            gate.Release();
        }
    }
}

/// <summary>An account's v1 list at one version.</summary>
sealed class Listing
{
    readonly FrozenDictionary<UInt128, Range> volumes;

    Listing(long version, byte[] bytes, FrozenDictionary<UInt128, Range> volumes)
    {
        Version = version;
        Bytes = bytes;
        this.volumes = volumes;
        ETag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"";
    }

    /// <summary>The account's version that it was made at.</summary>
    public long Version { get; }

    /// <summary>The whole JSON array.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>A strong entity tag, quotes included: the same for the same bytes, also after a restart.</summary>
    public string ETag { get; }

    /// <summary>The JSON of one volume; false for an id that is malformed or not of this account.</summary>
    public bool TryGetVolume(ReadOnlySpan<char> id, out ReadOnlyMemory<byte> json)
    {
        json = default;
        if (!InternalId.IsWellFormed(id) || !volumes.TryGetValue(Key(id), out var range)) return false;
        json = Bytes[range];
        return true;
    }

    public static Listing Make(long version, List<VolumeRow> rows)
    {
        var buffer = new ArrayBufferWriter<byte>(2 + rows.Count * 512);
        var ranges = new Dictionary<UInt128, Range>(rows.Count);
        using var json = ScalariumJson.Writer(buffer);
        buffer.Write("["u8);
        foreach (var row in rows)
        {
            if (ranges.Count > 0) buffer.Write(","u8);
            var start = buffer.WrittenCount;
            json.Reset();
            ScalariumJson.Volume(json, row);
            json.Flush();
            ranges.Add(Key(row.Id), start..buffer.WrittenCount);
        }
        buffer.Write("]"u8);
        return new Listing(version, buffer.WrittenSpan.ToArray(), ranges.ToFrozenDictionary());
    }

    static UInt128 Key(ReadOnlySpan<char> id) => UInt128.Parse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
