namespace Octavo.Api;

/// <summary>
/// Body of <c>POST /v2/volumes/delete</c>: first without <paramref name="Confirm"/>, which answers with a plan and changes nothing; then with the plan's,
/// which carries it out if it would be the same plan again.
/// </summary>
/// <param name="VolumeIds">These volumes, by Octavo's ids; 1 to 10,000.</param>
/// <param name="Filter">Or every volume that passes this.</param>
/// <param name="FinalSnapshot">Take a snapshot of each first; one whose snapshot does not complete is not deleted.</param>
/// <param name="Purge">Free the space at once: no way back.</param>
/// <param name="Confirm">The plan's word.</param>
public sealed record DeleteVolumesRequest(
    IReadOnlyList<string>? VolumeIds = null, VolumeFilter? Filter = null, bool FinalSnapshot = false, bool Purge = false, string? Confirm = null);

/// <summary>What a deletion would do. It has changed nothing.</summary>
/// <param name="Volumes">At most the first 1,000.</param>
/// <param name="Count">How many would be deleted.</param>
/// <param name="Blocked">How many would not, because something is in the way.</param>
/// <param name="SizeBytes">The sizes of those that would be deleted, together.</param>
/// <param name="UsedBytes">What they take on the providers' stores, as far as those say.</param>
/// <param name="FinalSnapshot">Whether each waits for a snapshot of its own.</param>
/// <param name="Purge">Whether the space is freed at once.</param>
/// <param name="Confirm">Give it back to carry out this plan; null where there is nothing to delete.</param>
public sealed record DeletePlan(
    IReadOnlyList<PlannedDeletion> Volumes, long Count, long Blocked, long SizeBytes, long UsedBytes, bool FinalSnapshot, bool Purge, string? Confirm);

/// <summary>What a deletion would do to one volume. Times are UTC.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Blockers">What is in the way; where there is any, it would not be deleted.</param>
/// <param name="RestorableUntil">It could be brought back about until then, and would take its space so long; null where it would be gone at once.</param>
/// <param name="RetentionRule">The rule of the provider's recycle bin that would keep it.</param>
public sealed record PlannedDeletion(
    Volume Volume, IReadOnlyList<Blocker> Blockers, DateTimeOffset? RestorableUntil, string? RetentionRule);

/// <summary>Something that is in the way of a change.</summary>
/// <param name="Code">in_use, creating, protected, managed, busy or pending.</param>
/// <param name="Message">A sentence: what it is, and what would clear it.</param>
public sealed record Blocker(string Code, string Message);

/// <summary>Body of <c>POST /v2/snapshots/delete</c>, as <see cref="DeleteVolumesRequest"/>.</summary>
/// <param name="SnapshotIds">These snapshots, by Octavo's ids; 1 to 10,000.</param>
/// <param name="Filter">Or every snapshot that passes this.</param>
/// <param name="Confirm">The plan's word.</param>
public sealed record DeleteSnapshotsRequest(
    IReadOnlyList<string>? SnapshotIds = null, SnapshotFilter? Filter = null, string? Confirm = null);

/// <summary>What a deletion of snapshots would do. It has changed nothing.</summary>
/// <param name="Snapshots">At most the first 1,000.</param>
/// <param name="Count">How many would be deleted.</param>
/// <param name="Blocked">How many would not, because something is in the way.</param>
/// <param name="StoredBytes">What those that would be deleted added to the stores, as far as those say; what others need of it stays.</param>
/// <param name="Confirm">Give it back to carry out this plan; null where there is nothing to delete.</param>
public sealed record SnapshotDeletePlan(
    IReadOnlyList<PlannedSnapshotDeletion> Snapshots, long Count, long Blocked, long StoredBytes, string? Confirm);

/// <summary>What a deletion would do to one snapshot.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Blockers">What is in the way; where there is any, it would not be deleted.</param>
public sealed record PlannedSnapshotDeletion(Snapshot Snapshot, IReadOnlyList<Blocker> Blockers);

/// <summary>What taking snapshots of a selection would do. It has changed nothing.</summary>
/// <param name="Volumes">So many snapshots.</param>
/// <param name="Instances">So many instances would be taken whole, each at one instant.</param>
/// <param name="SizeBytes">The sizes of the volumes together.</param>
/// <param name="Pools">So many of Octavo's own pools have several of the volumes; those of a pool would be taken at one instant.</param>
public sealed record SnapshotPlan(long Volumes, long Instances, long SizeBytes, long Pools);
