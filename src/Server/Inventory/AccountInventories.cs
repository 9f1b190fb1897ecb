using System.Collections.Concurrent;
using Octavo.Core;

namespace Octavo.Server.Inventory;

/// <summary>The inventories in memory of the accounts that are asked for.</summary>
sealed class AccountInventories(Database.Database database, TimeProvider time)
{
    /// <summary>One that nobody asked for so long is dropped; the next question reads it anew.</summary>
    static readonly TimeSpan MaxIdle = TimeSpan.FromMinutes(30);

    readonly ConcurrentDictionary<AccountId, AccountInventory> kept = new();

    /// <summary>The inventory of an account.</summary>
    public AccountInventory Of(AccountId account)
    {
        var inventory = kept.GetOrAdd(account, id => new AccountInventory(id, database));
        inventory.AskedAt = time.GetUtcNow();
        return inventory;
    }

    /// <summary>Drops what nobody asks for.</summary>
    public void DropIdle()
    {
        foreach (var (account, inventory) in kept)
            if (time.GetUtcNow() - inventory.AskedAt > MaxIdle) kept.TryRemove(account, out _);
    }
}
