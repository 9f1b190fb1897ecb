namespace Octavo.Core;

/// <summary>What a provider can do beyond create, delete, snapshot and list.</summary>
/// <param name="CanImport">Takes raw disk images.</param>
/// <param name="CanExport">Gives the bytes of volumes and snapshots.</param>
/// <param name="CanCheck">Can check its own store.</param>
/// <param name="SnapshotsOutliveVolume">A snapshot stays when its volume is deleted.</param>
/// <param name="IsTheOnlyOwner">
/// Nobody but Octavo deletes here: what is missing was lost, not deleted, and stays listed in error.
/// </param>
/// <param name="OneInstant">The most that it takes snapshots of at one instant.</param>
/// <param name="KeepsTags">Keeps names and tags of volumes, and changes them.</param>
/// <param name="CanUndelete">Can bring back volumes that were deleted, where its account keeps them.</param>
/// <param name="CanAttach">Attaches clients to volumes and snapshots itself, rather than a cloud's instances elsewhere.</param>
/// <param name="CanGrow">Makes volumes larger.</param>
/// <param name="ShortestPoll">What takes a moment is looked at so soon.</param>
/// <param name="LongestPoll">What takes long is looked at this often at least: rarely where a look costs somebody's budget.</param>
public sealed record ProviderCapabilities(
    bool CanImport, bool CanExport, bool CanCheck, bool SnapshotsOutliveVolume, bool IsTheOnlyOwner, OneInstant OneInstant,
    bool KeepsTags, bool CanUndelete, bool CanAttach, bool CanGrow, TimeSpan ShortestPoll, TimeSpan LongestPoll);

/// <summary>What snapshots of one instant can be taken of together.</summary>
public enum OneInstant
{
    /// <summary>One volume: several are taken one after the other.</summary>
    Volume,

    /// <summary>The volumes of one instance.</summary>
    Instance,

    /// <summary>Any volumes of a cell, attached to whomever or to nobody.</summary>
    Cell,
}

/// <summary>One inconsistency that a check found.</summary>
/// <param name="Kind">A fixed word for programs: <c>orphan-record</c>.</param>
/// <param name="Subject">What it concerns: a volume, a snapshot or a part of the store.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="IsRepaired">Whether it was put right.</param>
public sealed record ProviderFinding(string Kind, string Subject, string Message, bool IsRepaired);
