namespace Octavo.Core;

/// <summary>The states of a volume, in EC2's words; <see cref="States.Text(VolumeState)"/> gives the spelling.</summary>
public enum VolumeState
{
    /// <summary>Being made; its bytes are not whole yet.</summary>
    Creating,

    /// <summary>Whole and on no instance.</summary>
    Available,

    /// <summary>Whole, and somebody has it open for writing.</summary>
    InUse,

    /// <summary>Its deletion was accepted. No longer listed.</summary>
    Deleting,

    /// <summary>Gone; kept as a tombstone so that a late observation cannot bring it back.</summary>
    Deleted,

    /// <summary>Not usable; the reason is beside it.</summary>
    Error,
}

/// <summary>The states of a snapshot.</summary>
public enum SnapshotState
{
    /// <summary>Its instant is fixed, its bytes are still being copied.</summary>
    Pending,

    /// <summary>Every byte is stored and durable.</summary>
    Completed,

    /// <summary>It will never be complete; the reason is beside it.</summary>
    Error,

    /// <summary>Its deletion was accepted. No longer listed.</summary>
    Deleting,

    /// <summary>Gone; a tombstone, as for volumes.</summary>
    Deleted,
}

/// <summary>The spelling of states on the wire and in the database.</summary>
public static class States
{
    /// <summary>EC2's spelling: <c>in-use</c> with a hyphen, all lower case.</summary>
    public static string Text(VolumeState state) => state switch
    {
        VolumeState.Creating => "creating",
        VolumeState.Available => "available",
        VolumeState.InUse => "in-use",
        VolumeState.Deleting => "deleting",
        VolumeState.Deleted => "deleted",
        _ => "error",
    };

    /// <summary>EC2's spelling.</summary>
    public static string Text(SnapshotState state) => state switch
    {
        SnapshotState.Pending => "pending",
        SnapshotState.Completed => "completed",
        SnapshotState.Deleting => "deleting",
        SnapshotState.Deleted => "deleted",
        _ => "error",
    };
}
