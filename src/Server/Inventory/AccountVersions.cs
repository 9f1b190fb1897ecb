using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Octavo.Core;

namespace Octavo.Server.Inventory;

/// <summary>
/// A number per account that moves whenever one of its volumes did, after the commit: what was made from the table at one number is
/// true while the number stands. In memory, because this is the only process that writes.
/// </summary>
sealed class AccountVersions
{
    readonly ConcurrentDictionary<AccountId, StrongBox<long>> versions = new();

    /// <summary>The number now. Take it before reading the table.</summary>
    public long Of(AccountId account) =>
        versions.TryGetValue(account, out var version) ? Interlocked.Read(ref version.Value) : 0;

    /// <summary>A volume of the account changed, and the commit is done.</summary>
    public void Changed(AccountId account) =>
        Interlocked.Increment(ref versions.GetOrAdd(account, _ => new StrongBox<long>()).Value);
}
