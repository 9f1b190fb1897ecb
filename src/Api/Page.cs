namespace Octavo.Api;

/// <summary>A page of a list.</summary>
/// <param name="Items">At most the asked <c>limit</c> (1 to 1,000; 100 if left out), fewer where the page would be longer than some 200 KiB.</param>
/// <param name="NextPageToken">Give it back as <c>page_token</c> for the next page; null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextPageToken);

/// <summary>A page of volumes, and how fresh the list is.</summary>
/// <param name="Items">The volumes.</param>
/// <param name="NextPageToken">Null on the last page.</param>
/// <param name="Count">How many fit in all; null unless asked with <c>count=true</c>.</param>
/// <param name="Cells">On the first page, one entry per credential and region; null on the others.</param>
public sealed record VolumePage(
    IReadOnlyList<Volume> Items, string? NextPageToken, long? Count, IReadOnlyList<CellStatus>? Cells);

/// <summary>A page of snapshots.</summary>
/// <param name="Items">The snapshots.</param>
/// <param name="NextPageToken">Null on the last page.</param>
/// <param name="Count">How many fit in all; null unless asked with <c>count=true</c>.</param>
public sealed record SnapshotPage(IReadOnlyList<Snapshot> Items, string? NextPageToken, long? Count);

/// <summary>What a list comes to, in groups.</summary>
/// <param name="Groups">The groups, the largest first.</param>
/// <param name="Count">All that fit.</param>
/// <param name="SizeBytes">Their sizes together; of snapshots those of their volumes.</param>
/// <param name="StoredBytes">What they take on the providers' stores, as far as those say.</param>
public sealed record Totals(IReadOnlyList<TotalsGroup> Groups, long Count, long SizeBytes, long StoredBytes);

/// <summary>One group of <see cref="Totals"/>.</summary>
/// <param name="Keys">By what it is grouped, and what that is here: <c>state: available</c>. A missing value is an empty text.</param>
/// <param name="Count">How many.</param>
/// <param name="SizeBytes">Their sizes together.</param>
/// <param name="StoredBytes">What they take on the providers' stores, as far as those say.</param>
public sealed record TotalsGroup(IReadOnlyDictionary<string, string> Keys, long Count, long SizeBytes, long StoredBytes);

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
