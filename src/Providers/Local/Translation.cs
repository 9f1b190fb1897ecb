using Octavo.Core;
using Octavo.Engine;

namespace Octavo.Providers.Local;

/// <summary>The engine's words in the port's.</summary>
static class Translation
{
    const string Attached = "attached";

    /// <summary>Damage is a conflict: its sentence is for the user, and repeating the call would not help.</summary>
    public static VolumeException From(EngineException e) => new(
        e.Error switch
        {
            EngineError.Invalid => ErrorCode.Invalid,
            EngineError.NotFound => ErrorCode.NotFound,
            EngineError.Conflict or EngineError.Damaged => ErrorCode.Conflict,
            EngineError.NoSpace => ErrorCode.QuotaExceeded,
            _ => ErrorCode.Unavailable,
        }, e.Message, e);

    public static ProviderVolume From(EngineVolume volume) => new(
        new ProviderVolumeId(volume.Id),
        Operation(volume.Tag),
        State(volume.State),
        volume.Reason,
        volume.Progress,
        new ByteSize(volume.SizeBytes),
        LocalProvider.Zone,
        volume.SnapshotId is { } id ? new ProviderSnapshotId(id) : null,
        volume.CreatedAt,
        volume.State == EngineVolumeState.InUse ? [new ProviderAttachment(Attached, null, null, volume.InUseSince)] : [])
    {
        UsedBytes = volume.AllocatedBytes is { } bytes ? (bytes + ByteSize.BytesPerMiB - 1) / ByteSize.BytesPerMiB * ByteSize.BytesPerMiB : null,
    };

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
