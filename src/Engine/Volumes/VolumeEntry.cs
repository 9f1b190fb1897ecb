using Octavo.Engine.Io;

namespace Octavo.Engine.Volumes;

/// <summary>A volume in memory: its record, and what is going on with it. Guarded by the table's lock.</summary>
sealed class VolumeEntry(VolumeRecord record)
{
    bool isOpenHere;
    int openings;

    /// <summary>As last written.</summary>
    public VolumeRecord Record { get; set; } = record;

    /// <summary>Held while the volume becomes live, ceases to be, or another one of its users comes or goes. Taken before the other locks of the engine.</summary>
    public Lock Opening { get; } = new();

    /// <summary>The volume while this process writes it, fills it, or keeps blocks for its pending snapshots. Set under <see cref="Opening"/> too.</summary>
    public LiveVolume? Live { get; set; }

    /// <summary>Its deletion is being written down: nobody may open it any more.</summary>
    public bool IsGoing { get; set; }

    /// <summary>The making or filling under way, where there is one.</summary>
    public Task? Making { get; set; }

    /// <summary>Stops <see cref="Making"/>.</summary>
    public CancellationTokenSource? StopMaking { get; set; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; set; }

    /// <summary>Why its making failed, until it is deleted.</summary>
    public string? Failure { get; set; }

    /// <summary>When it was first seen in use.</summary>
    public DateTimeOffset? InUseSince { get; set; }

    /// <summary>Whether the engine may have the image open for writing: from before it is live until the file is closed.</summary>
    public bool IsOpenHere
    {
        get => Volatile.Read(ref isOpenHere);
        set => Volatile.Write(ref isOpenHere, value);
    }

    /// <summary>How often it became live: while this stays, this process writes nothing. Set under <see cref="Opening"/>.</summary>
    public int Openings
    {
        get => Volatile.Read(ref openings);
        set => Volatile.Write(ref openings, value);
    }

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
        if (found.Signature.Length != Record.SizeBytes && found.Signature.Length != Record.GrowTo)
            return Describe(EngineVolumeState.Error,
                $"The volume's image has {found.Signature.Length} bytes instead of {Record.SizeBytes}: something cut or extended it.",
                found.AllocatedBytes);
        // While it is live, and a moment before and after, the engine itself has it open.
        var isInUse = Live is { } live ? live.Attached > 0 : !IsOpenHere && disk.IsOpenForWriting(Record.ImagePath);
        InUseSince = isInUse ? InUseSince ?? time.GetUtcNow() : null;
        return Describe(isInUse ? EngineVolumeState.InUse : EngineVolumeState.Available, allocatedBytes: found.AllocatedBytes);
    }

    EngineVolume Describe(EngineVolumeState state, string? reason = null, long? allocatedBytes = null) => new(
        Record.Id, Record.Tag, state, reason, state == EngineVolumeState.Creating ? Progress : 1, Record.SizeBytes, Record.SnapshotId,
        Record.CreatedAt, state == EngineVolumeState.InUse ? InUseSince : null, Record.ImagePath, allocatedBytes)
    {
        HydratedFraction = Live?.Filling?.Fraction ?? (Record.State is VolumeRecord.Filling or VolumeRecord.Creating ? 0 : 1),
    };
}
