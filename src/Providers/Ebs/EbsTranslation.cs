using System.Globalization;
using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// The SDK's types in the port's words. The SDK gives null for an empty collection and for whatever an answer lacks, and states are words
/// that AWS may add to; both are normal here.
/// </summary>
static class EbsTranslation
{
    /// <summary>The tag that carries the operation that made a thing: how it is found again where its id was never heard.</summary>
    public const string OperationTag = "octavo:operation";

    /// <summary>The tag that AWS's own console shows as the name.</summary>
    public const string NameTag = "Name";

    /// <summary>The longest value of a tag.</summary>
    const int LongestTagValue = 256;

    /// <summary>A volume; null for one that is gone and only still spoken of.</summary>
    public static ProviderVolume? From(Volume? volume)
    {
        if (volume?.VolumeId is not { Length: > 0 } id || volume.State?.Value == "deleted") return null;
        var state = State(volume.State?.Value);
        return new ProviderVolume(
            new ProviderVolumeId(id),
            Operation(volume.Tags),
            state,
            state == VolumeState.Error ? Reason("volume", volume.State?.Value, null) : null,
            state == VolumeState.Creating ? 0 : 1,
            ByteSize.FromGiB(volume.Size ?? 0),
            volume.AvailabilityZone ?? "",
            volume.SnapshotId is { Length: > 0 } snapshot ? new ProviderSnapshotId(snapshot) : null,
            Moment(volume.CreateTime) ?? DateTimeOffset.UnixEpoch,
            Attachments(volume.Attachments))
        {
            Name = Name(volume.Tags),
            VolumeType = volume.VolumeType?.Value,
            Iops = volume.Iops,
            ThroughputMiBps = volume.Throughput,
            IsEncrypted = volume.Encrypted,
            KmsKeyId = volume.KmsKeyId is { Length: > 0 } key ? key : null,
            IsMultiAttach = volume.MultiAttachEnabled ?? false,
            ManagedBy = volume.Operator is { Managed: true } manager ? manager.Principal ?? "AWS" : null,
            Tags = Tags(volume.Tags),
        };
    }

    /// <summary>A snapshot; null for one in the Recycle Bin, which cannot be used before it is restored.</summary>
    public static ProviderSnapshot? From(Snapshot? snapshot)
    {
        if (snapshot?.SnapshotId is not { Length: > 0 } id || snapshot.State?.Value is "recoverable" or "recovering") return null;
        var state = snapshot.State?.Value switch
        {
            "pending" or null => SnapshotState.Pending,
            "completed" => SnapshotState.Completed,
            _ => SnapshotState.Error,
        };
        return new ProviderSnapshot(
            new ProviderSnapshotId(id),
            Operation(snapshot.Tags),
            new ProviderVolumeId(snapshot.VolumeId ?? ""),
            state,
            state == SnapshotState.Error ? Reason("snapshot", snapshot.State?.Value, snapshot.StateMessage) : null,
            state == SnapshotState.Completed ? 1 : Progress(snapshot.Progress),
            ByteSize.FromGiB(snapshot.VolumeSize ?? 0),
            // EC2 tells how large the whole is, not what this one added.
            StoredBytes: null,
            Moment(snapshot.StartTime) ?? DateTimeOffset.UnixEpoch)
        {
            Tags = Tags(snapshot.Tags),
            Description = NullIfEmpty(snapshot.Description),
            IsEncrypted = snapshot.Encrypted,
            StorageTier = NullIfEmpty(snapshot.StorageTier?.Value),
        };
    }

    /// <summary>A snapshot as the answer to <c>CreateSnapshots</c> has it: the same under another name.</summary>
    public static ProviderSnapshot? From(SnapshotInfo? snapshot) => snapshot is null ? null : From(new Snapshot
    {
        SnapshotId = snapshot.SnapshotId,
        VolumeId = snapshot.VolumeId,
        State = snapshot.State,
        Progress = snapshot.Progress,
        VolumeSize = snapshot.VolumeSize,
        StartTime = snapshot.StartTime,
        Tags = snapshot.Tags,
        Description = snapshot.Description,
        Encrypted = snapshot.Encrypted,
        // Only a completed snapshot is ever archived.
        StorageTier = Amazon.EC2.StorageTier.Standard,
    });

    /// <summary>A name as a tag's value: without control characters, cut to what a tag holds; null where nothing is left.</summary>
    public static string? CleanName(string? name)
    {
        if (name is null) return null;
        var clean = string.Concat(name.Where(c => !char.IsControl(c))).Trim();
        if (clean.Length > LongestTagValue)
            clean = clean[..(char.IsHighSurrogate(clean[LongestTagValue - 1]) ? LongestTagValue - 1 : LongestTagValue)];
        return clean.Length == 0 ? null : clean;
    }

    /// <summary>A volume with other tags: its name is among them.</summary>
    public static ProviderVolume WithTags(ProviderVolume volume, IEnumerable<ProviderTag> tags)
    {
        ValueList<ProviderTag> sorted = [.. tags.OrderBy(t => t.Key, StringComparer.Ordinal)];
        return volume with { Tags = sorted, Name = CleanName(sorted.FirstOrDefault(t => t.Key == NameTag)?.Value) };
    }

    static VolumeState State(string? word) => word switch
    {
        "creating" => VolumeState.Creating,
        "available" => VolumeState.Available,
        "in-use" => VolumeState.InUse,
        "deleting" => VolumeState.Deleting,
        _ => VolumeState.Error,
    };

    static string Reason(string what, string? word, string? message) => (word, message) switch
    {
        (_, { Length: > 0 }) => FailureText.Clean(message, []) + ".",
        ("error", _) => $"AWS says that this {what} is in error and not why.",
        (null, _) => $"AWS gave no state for this {what}.",
        _ => $"AWS gave a state that Octavo does not know: {FailureText.Clean(word, [])}.",
    };

    static ValueList<ProviderAttachment> Attachments(List<VolumeAttachment>? attachments) =>
    [
        .. (attachments ?? [])
            .Where(a => a.State?.Value != "detached")
            .Select(a => new ProviderAttachment(a.State?.Value ?? "attached", NullIfEmpty(a.InstanceId), NullIfEmpty(a.Device), Moment(a.AttachTime)))
            .OrderBy(a => a.AttachedAt ?? DateTimeOffset.MaxValue)
            .ThenBy(a => a.InstanceId, StringComparer.Ordinal),
    ];

    static ValueList<ProviderTag> Tags(List<Tag>? tags) =>
    [
        .. (tags ?? [])
            .Where(t => t.Key is not null)
            .Select(t => new ProviderTag(t.Key, t.Value ?? ""))
            .OrderBy(t => t.Key, StringComparer.Ordinal),
    ];

    static string? Name(List<Tag>? tags) => CleanName(tags?.Find(t => t.Key == NameTag)?.Value);

    static OperationId? Operation(List<Tag>? tags) =>
        tags?.Find(t => t.Key == OperationTag)?.Value is { } id && InternalId.IsWellFormed(id) ? new OperationId(id) : null;

    /// <summary>A pending snapshot may stand at 100 % for hours, so progress alone completes nothing.</summary>
    static double Progress(string? text) =>
        double.TryParse(text.AsSpan().TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            ? Math.Clamp(percent / 100, 0, 1)
            : 0;

    /// <summary>A time as the SDK has it, which is UTC whatever it says of itself.</summary>
    public static DateTimeOffset? Moment(DateTime? time) =>
        time is { } utc ? new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc)) : null;

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
