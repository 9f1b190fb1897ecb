using Octavo.Core;
using Octavo.Engine;

namespace Octavo.Providers.Local;

/// <summary>The engine's words in the port's.</summary>
static class Translation
{
    const string Attached = "attached";

    /// <summary>When to ask again while a volume is made from a snapshot, at first.</summary>
    static readonly TimeSpan WhileBusy = TimeSpan.FromMilliseconds(250);

    /// <summary>Damage is a conflict: its sentence is for the user, and repeating the call would not help.</summary>
    public static VolumeException From(EngineException e) => new(
        e.Error switch
        {
            EngineError.Invalid => ErrorCode.Invalid,
            EngineError.NotFound => ErrorCode.NotFound,
            EngineError.Conflict or EngineError.Damaged => ErrorCode.Conflict,
            EngineError.NoSpace => ErrorCode.QuotaExceeded,
            _ => ErrorCode.Unavailable,
        }, e.Message, e)
    {
        RetryAfter = e.Error == EngineError.Busy ? WhileBusy : null,
    };

    public static ProviderVolume From(EngineVolume volume, string? nbdAddress) => new(
        new ProviderVolumeId(volume.Id),
        Operation(volume.Tag),
        State(volume.State),
        volume.Reason,
        volume.Progress,
        new ByteSize(volume.SizeBytes),
        LocalProvider.Zone,
        volume.SnapshotId is { } id ? new ProviderSnapshotId(id) : null,
        volume.CreatedAt,
        volume.Attachments.Count > 0
            ? [.. volume.Attachments.Select(a => new ProviderAttachment(Attached, a.Client, nbdAddress, a.AttachedAt) { Id = a.Id })]
            : volume.State == EngineVolumeState.InUse ? [new ProviderAttachment(Attached, null, null, volume.InUseSince)] : [])
    {
        IsMultiAttach = volume.Attachments.Any(a => a.IsMultiAttach),
        UsedBytes = volume.AllocatedBytes is { } bytes ? (bytes + ByteSize.BytesPerMiB - 1) / ByteSize.BytesPerMiB * ByteSize.BytesPerMiB : null,
    };

    public static ClientAttachment From(EngineAttachment attachment, string? nbdAddress) => new(
        attachment.Id, Operation(attachment.Tag), attachment.VolumeId is { } volume ? new ProviderVolumeId(volume) : null,
        attachment.SnapshotId is { } snapshot ? new ProviderSnapshotId(snapshot) : null, attachment.Client, attachment.IsReadOnly,
        attachment.IsMultiAttach, attachment.Lease, attachment.AttachedAt, nbdAddress, attachment.Connections > 0);

    public static VolumeState State(EngineVolumeState state) => state switch
    {
        EngineVolumeState.Creating => VolumeState.Creating,
        EngineVolumeState.Available => VolumeState.Available,
        EngineVolumeState.InUse => VolumeState.InUse,
        _ => VolumeState.Error,
    };

    public static ProviderSnapshot From(EngineSnapshot snapshot) => new(
        new ProviderSnapshotId(snapshot.Id),
        Operation(snapshot.Tag),
        new ProviderVolumeId(snapshot.VolumeId),
        snapshot.State switch
        {
            EngineSnapshotState.Pending => SnapshotState.Pending,
            EngineSnapshotState.Completed => SnapshotState.Completed,
            _ => SnapshotState.Error,
        },
        snapshot.Reason,
        snapshot.Progress,
        new ByteSize(snapshot.VolumeSizeBytes),
        snapshot.State == EngineSnapshotState.Completed ? snapshot.StoredBytes : null,
        snapshot.StartedAt);

    public static ProviderFinding From(EngineFinding finding) =>
        new(finding.Kind, finding.Subject, finding.Message, finding.IsRepaired);

    // The tag of a snapshot whose record is damaged is empty.
    static OperationId? Operation(string? tag) => string.IsNullOrEmpty(tag) ? null : new OperationId(tag);
}
