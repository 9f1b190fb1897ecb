using Octavo.Engine.Io;

namespace Octavo.Engine.Volumes;

/// <summary>A volume in memory: its record, and what is going on with it. Guarded by the table's lock.</summary>
sealed class VolumeEntry(VolumeRecord record)
{
    /// <summary>As last written.</summary>
    public VolumeRecord Record { get; set; } = record;

    /// <summary>The making under way, where there is one.</summary>
    public Task? Making { get; set; }

    /// <summary>Stops <see cref="Making"/>.</summary>
    public CancellationTokenSource? StopMaking { get; set; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; set; }

    /// <summary>Why its making failed, until it is deleted.</summary>
    public string? Failure { get; set; }

    /// <summary>When it was first seen in use.</summary>
    public DateTimeOffset? InUseSince { get; set; }

    /// <summary>Looks at the image afresh.</summary>
    public EngineVolume Look(IDisk disk, TimeProvider time)
    {
        if (Failure is not null) return Describe(EngineVolumeState.Error, Failure);
        if (Record.State == VolumeRecord.Creating) return Describe(EngineVolumeState.Creating);
        FileStatus? status;
        try
        {
            status = disk.Stat(Record.ImagePath);
        }
        catch (IOException)
        {
            return Describe(EngineVolumeState.Error, "The volume's image cannot be looked at: the disk failed.");
        }
        if (status is not { IsRegular: true } found)
            return Describe(EngineVolumeState.Error, "The volume's image is gone from the pool.");
        if (found.Signature.Length != Record.SizeBytes)
            return Describe(EngineVolumeState.Error,
                $"The volume's image has {found.Signature.Length} bytes instead of {Record.SizeBytes}: something cut or extended it.",
                found.AllocatedBytes);
        var isInUse = disk.IsOpenForWriting(Record.ImagePath);
        InUseSince = isInUse ? InUseSince ?? time.GetUtcNow() : null;
        return Describe(isInUse ? EngineVolumeState.InUse : EngineVolumeState.Available, allocatedBytes: found.AllocatedBytes);
    }

    EngineVolume Describe(EngineVolumeState state, string? reason = null, long? allocatedBytes = null) => new(
        Record.Id, Record.Tag, state, reason, state == EngineVolumeState.Creating ? Progress : 1, Record.SizeBytes, Record.SnapshotId,
        Record.CreatedAt, state == EngineVolumeState.InUse ? InUseSince : null, Record.ImagePath, allocatedBytes);
}
