using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Http;
using Octavo.Server.Inventory;

namespace Octavo.Server.Snapshots;

/// <summary>Which snapshots are meant.</summary>
static class SnapshotFilters
{
    static readonly QueryParameter State = new("state", "In this state.", Values: ["pending", "completed", "error"]);

    /// <summary>Behind the question mark.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } =
    [
        new("search", "With this in an id, in the volume's name or in the description, capitals or not."),
        new("volume_id", "Of this volume, by Octavo's id."),
        new("provider_volume_id", "Of this volume, by the provider's id; also one that is gone."),
        new("orphan", "Whose volume is gone, or is listed.", QueryForm.Flag),
        State,
        new("provider", "Of this provider: local or ebs."),
        new("credential_id", "Found or taken with this credential."),
        new("region", "In this region."),
        new("size_gib_min", "Of a volume of at least so many GiB.", QueryForm.Number),
        new("size_gib_max", "Of a volume of at most so many GiB.", QueryForm.Number),
        new("started_since", "Of this instant or later.", QueryForm.Time),
        new("started_until", "Of an instant before this.", QueryForm.Time),
        new("encrypted", "Encrypted at rest, or not.", QueryForm.Flag),
        new("storage_tier", "In this tier: standard or archive."),
        new("tag.", "With this tag: tag.KEY=VALUE; several for all of them."),
    ];

    /// <summary>The filter that stands behind the question mark.</summary>
    /// <exception cref="VolumeException">Invalid: a value that makes no sense.</exception>
    public static SnapshotFilter Read(HttpContext context) => new(
        Query.Text(context, "search"), Query.Text(context, "volume_id"), Query.Text(context, "provider_volume_id"), Query.Flag(context, "orphan"),
        Query.Word(context, State), Query.Text(context, "provider"), Query.Text(context, "credential_id"), Query.Text(context, "region"),
        Query.Number(context, "size_gib_min"), Query.Number(context, "size_gib_max"), Query.Time(context, "started_since"),
        Query.Time(context, "started_until"), Query.Flag(context, "encrypted"), Query.Text(context, "storage_tier"), Query.Tags(context));

    /// <summary>Whether a snapshot is meant. Makes all it can beforehand: it is called for every snapshot of the account.</summary>
    /// <exception cref="VolumeException">Invalid: there is no such state.</exception>
    public static RowTest<IndexedSnapshot> Matches(SnapshotFilter filter, AccountInventory inventory)
    {
        if (filter.State is { } word && !State.Values!.Contains(word))
            throw new VolumeException(ErrorCode.Invalid, $"state is \"{word}\"; it is one of {string.Join(", ", State.Values!)}.");
        var tests = new RowTests<IndexedSnapshot>(inventory.Index);
        tests.Same(filter.State, (in s) => s.State);
        tests.Same(filter.Provider, (in s) => s.Provider);
        tests.Same(filter.CredentialId, (in s) => s.Credential);
        tests.Same(filter.Region, (in s) => s.Region);
        tests.Same(filter.StorageTier, (in s) => s.Tier);
        tests.Same(filter.ProviderVolumeId, (in s) => s.Volume);
        if (filter.VolumeId is { } volume)
        {
            var isId = Ids.TryParse(volume, out var id) && id != default;
            tests.Add((in s) => isId && s.VolumeId == id);
        }
        if (filter.Orphan is { } orphan) tests.Add((in s) => s.VolumeId == default == orphan);
        if (filter.Encrypted is { } encrypted) tests.Add((in s) => s.IsEncrypted == encrypted);
        if (filter.SizeGibMin is { } least) tests.Add((in s) => new ByteSize(s.VolumeSizeBytes).GiB >= least);
        if (filter.SizeGibMax is { } most) tests.Add((in s) => new ByteSize(s.VolumeSizeBytes).GiB <= most);
        if (filter.StartedSince?.ToUnixTimeMilliseconds() is { } since) tests.Add((in s) => s.StartedAt >= since);
        if (filter.StartedUntil?.ToUnixTimeMilliseconds() is { } until) tests.Add((in s) => s.StartedAt < until);
        tests.Tagged(filter.Tags, (in s) => s.Tags, (in s) => s.TagBits);
        if (filter.Search is { } part)
        {
            var (index, wanted) = (inventory.Index, SearchTexts.Wanted(part));
            tests.Add((in s) => index.Search.IsIn(s.Text, wanted)
                || (s.VolumeId != default && index.Search.IsInName(index.Volumes[s.VolumeId].Text, wanted)));
        }
        return tests.All();
    }
}
