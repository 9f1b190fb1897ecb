namespace Octavo.Api;

/// <summary>A page of a list.</summary>
/// <param name="Items">At most the asked <c>limit</c> (1 to 1,000; 100 if left out).</param>
/// <param name="NextPageToken">Give it back as <c>page_token</c> for the next page; null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextPageToken);

/// <summary>A page of volumes, and how fresh each part of the list is.</summary>
/// <param name="Items">The volumes.</param>
/// <param name="NextPageToken">Null on the last page.</param>
/// <param name="Cells">One entry per credential and region.</param>
public sealed record VolumePage(IReadOnlyList<Volume> Items, string? NextPageToken, IReadOnlyList<CellStatus> Cells);

/// <summary>How fresh the inventory of one credential in one region is. Times are UTC.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="CredentialId">The credential.</param>
/// <param name="Region">The region.</param>
/// <param name="ObservedAt">When it was last seen whole; null if never.</param>
/// <param name="FailedAt">When the last pass failed; null if it did not.</param>
/// <param name="FailureCode">Why, as the provider's own code; null where it gave none.</param>
/// <param name="Failure">Why, in a sentence.</param>
/// <param name="StaleSince">When the first pass after the last good one failed: what is listed is as old as <paramref name="ObservedAt"/>.</param>
/// <param name="VolumeCount">Volumes that the last whole pass saw.</param>
/// <param name="SnapshotCount">Snapshots that the last whole pass saw.</param>
/// <param name="Sync">The pass under way; null between two.</param>
public sealed record CellStatus(
    string Provider, string CredentialId, string Region, DateTimeOffset? ObservedAt, DateTimeOffset? FailedAt, string? FailureCode,
    string? Failure, DateTimeOffset? StaleSince, int VolumeCount, int SnapshotCount, SyncProgress? Sync);

/// <summary>How far a pass over a cell is.</summary>
/// <param name="BeganAt">When it began; before this start of the service, where it resumed one.</param>
/// <param name="Pages">Pages listed.</param>
/// <param name="Volumes">Volumes listed.</param>
/// <param name="Snapshots">Snapshots listed.</param>
public sealed record SyncProgress(DateTimeOffset BeganAt, int Pages, int Volumes, int Snapshots);
