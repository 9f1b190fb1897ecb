using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Http;
using Octavo.Server.Inventory;

namespace Octavo.Server.Volumes;

/// <summary>Which volumes are meant: by lists, totals, and by whatever is done to many at once.</summary>
static class VolumeFilters
{
    static readonly QueryParameter State = new("state", "In this state; all that are listed if left out.", Values: [.. Enum.GetValues<VolumeState>().Select(States.Text)]);

    /// <summary>Behind the question mark.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } =
    [
        new("search", "With this in the name, in an id or in the instance's id, capitals or not."),
        new("name_contains", "With this in the name, capitals or not."),
        State,
        new("provider", "Of this provider: local or ebs."),
        new("credential_id", "Found or made with this credential."),
        new("region", "In this region."),
        new("availability_zone", "In this zone."),
        new("volume_type", "Of this type: gp3."),
        new("size_gib_min", "Of at least so many GiB.", QueryForm.Number),
        new("size_gib_max", "Of at most so many GiB.", QueryForm.Number),
        new("attached", "On an instance, or on none.", QueryForm.Flag),
        new("instance_id", "On this instance."),
        new("unattached_since", "On none, and since this time or longer.", QueryForm.Time),
        new("no_snapshot_since", "Without a completed snapshot of this time or later.", QueryForm.Time),
        new("snapshot_id", "Made from this snapshot, by the provider's id."),
        new("encrypted", "Encrypted at rest, or not.", QueryForm.Flag),
        new("protected", "Protected from deletion, or not.", QueryForm.Flag),
        new("managed", "Managed by a service, or by nobody but the account.", QueryForm.Flag),
        new("stale", "Of a region whose last pass failed, or of a fresh one.", QueryForm.Flag),
        new("created_since", "Made at this time or later.", QueryForm.Time),
        new("created_until", "Made before this time.", QueryForm.Time),
        new("tag.", "With this tag: tag.KEY=VALUE; several for all of them."),
    ];

    /// <summary>The filter that stands behind the question mark.</summary>
    /// <exception cref="VolumeException">Invalid: a value that makes no sense.</exception>
    public static VolumeFilter Read(HttpContext context) => new(
        Query.Text(context, "search"), Query.Text(context, "name_contains"), Query.Word(context, State), Query.Text(context, "provider"),
        Query.Text(context, "credential_id"), Query.Text(context, "region"), Query.Text(context, "availability_zone"),
        Query.Text(context, "volume_type"), Query.Number(context, "size_gib_min"), Query.Number(context, "size_gib_max"),
        Query.Flag(context, "attached"), Query.Text(context, "instance_id"), Query.Time(context, "unattached_since"),
        Query.Time(context, "no_snapshot_since"), Query.Text(context, "snapshot_id"), Query.Flag(context, "encrypted"),
        Query.Flag(context, "protected"), Query.Flag(context, "managed"), Query.Flag(context, "stale"), Query.Time(context, "created_since"),
        Query.Time(context, "created_until"), Query.Tags(context));

    /// <summary>Whether a volume is meant. Makes all it can beforehand: it is called for every volume of the account.</summary>
    /// <exception cref="VolumeException">Invalid: there is no such state.</exception>
    public static RowTest<IndexedVolume> Matches(VolumeFilter filter, AccountInventory inventory)
    {
        if (filter.State is { } word && !State.Values!.Contains(word))
            throw new VolumeException(ErrorCode.Invalid, $"state is \"{word}\"; it is one of {string.Join(", ", State.Values!)}.");
        var tests = new RowTests<IndexedVolume>(inventory.Index);
        // What costs least stands first.
        if (filter.State is null) tests.Add((in v) => v.IsListed);
        tests.Same(filter.State, (in v) => v.State);
        tests.Same(filter.Provider, (in v) => v.Provider);
        tests.Same(filter.CredentialId, (in v) => v.Credential);
        tests.Same(filter.Region, (in v) => v.Region);
        tests.Same(filter.AvailabilityZone, (in v) => v.Zone);
        tests.Same(filter.VolumeType, (in v) => v.Type);
        tests.Same(filter.SnapshotId, (in v) => v.SourceSnapshot);
        if (filter.InstanceId is { } instance) tests.Add((in v) => v.Instance == instance || v.Instances?.Contains(instance) == true);
        if (filter.Attached is { } attached) tests.Add((in v) => v.IsAttached == attached);
        if (filter.Protected is { } isProtected) tests.Add((in v) => v.IsProtected == isProtected);
        if (filter.Managed is { } managed) tests.Add((in v) => v.ManagedBy is not null == managed);
        if (filter.Encrypted is { } encrypted) tests.Add((in v) => v.IsEncrypted == encrypted);
        if (filter.Stale is { } stale) tests.Add((in v) => inventory.IsStale(v.Credential, v.Region) == stale);
        if (filter.SizeGibMin is { } least) tests.Add((in v) => new ByteSize(v.SizeBytes).GiB >= least);
        if (filter.SizeGibMax is { } most) tests.Add((in v) => new ByteSize(v.SizeBytes).GiB <= most);
        if (filter.CreatedSince?.ToUnixTimeMilliseconds() is { } since) tests.Add((in v) => v.CreatedAt >= since);
        if (filter.CreatedUntil?.ToUnixTimeMilliseconds() is { } until) tests.Add((in v) => v.CreatedAt < until);
        if (filter.UnattachedSince?.ToUnixTimeMilliseconds() is { } free)
            tests.Add((in v) => v.UnattachedSince != IndexedVolume.None && v.UnattachedSince <= free);
        if (filter.NoSnapshotSince?.ToUnixTimeMilliseconds() is { } age) tests.Add((in v) => v.LastSnapshotAt < age);
        tests.Tagged(filter.Tags, (in v) => v.Tags, (in v) => v.TagBits);
        tests.Part(filter.NameContains, (texts, in v, wanted) => texts.IsInName(v.Text, wanted));
        tests.Part(filter.Search, (texts, in v, wanted) => texts.IsIn(v.Text, wanted));
        return tests.All();
    }
}
