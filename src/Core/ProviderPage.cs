namespace Octavo.Core;

/// <summary>Which page to give.</summary>
/// <param name="Limit">At most so many items; 1 to 1,000.</param>
/// <param name="Token">The previous page's <see cref="ProviderPage{T}.NextToken"/>, or null for the first.</param>
/// <param name="Zone">Only what lies in this zone; null for all of it. Snapshots have none.</param>
public sealed record PageRequest(int Limit, string? Token, string? Zone = null);

/// <summary>A page.</summary>
/// <param name="Items">At most the limit.</param>
/// <param name="NextToken">Null on the last page.</param>
public sealed record ProviderPage<T>(IReadOnlyList<T> Items, string? NextToken);
