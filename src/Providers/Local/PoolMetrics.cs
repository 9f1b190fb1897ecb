using System.Diagnostics.Metrics;
using Octavo.Core;
using Octavo.Engine;

namespace Octavo.Providers.Local;

/// <summary>What the open pools take and have left, by account; read from memory and the file system as somebody asks.</summary>
static class PoolMetrics
{
    /// <summary>Tells it from now on.</summary>
    public static void Tell(IMeterFactory meters, LocalPools pools)
    {
        var meter = meters.Create(Instrumentation.Name);
        Func<IEnumerable<Measurement<long>>> Of(Func<BlockEngine, long> of) =>
            () => pools.Opened.Select(pool => new Measurement<long>(of(pool.Engine), new KeyValuePair<string, object?>("account", pool.Account)));
        void Each(string name, Func<BlockEngine, long> of, string description, string unit = "By") =>
            meter.CreateObservableGauge(name, Of(of), unit, description);
        void Count(string name, Func<BlockEngine, long> of, string description, string unit) =>
            meter.CreateObservableCounter(name, Of(of), unit, description);
        Each("octavo.engine.disk.size", pool => pool.Capacity.TotalBytes, "The file system that a pool is on.");
        Each("octavo.engine.disk.free", pool => pool.Capacity.FreeBytes, "What is free there to this user.");
        Each("octavo.engine.attachments", pool => pool.ListAttachments().Count, "Clients that are attached.", "{attachment}");
        Each("octavo.engine.connections", pool => pool.ListAttachments().Sum(a => a.Connections), "Connections of attached clients.", "{connection}");
        Each("octavo.engine.snapshots.unique", pool => pool.SnapshotSpace.AloneBytes, "Stored blocks that one snapshot alone needs.");
        Each("octavo.engine.snapshots.shared", pool => pool.SnapshotSpace.SharedBytes, "Stored blocks that several snapshots need.");
        Each("octavo.engine.blocks.bad", pool => pool.Health.BadBlocks, "Stored blocks that are known to be unreadable.", "{block}");
        Count("octavo.engine.blocks.found_bad", pool => pool.Health.FoundBlocks, "Stored blocks that were found to be unreadable.", "{block}");
        Count("octavo.engine.blocks.repaired", pool => pool.Health.RepairedBlocks, "Unreadable blocks that were stored anew.", "{block}");
        Count("octavo.engine.scrub.verified", pool => pool.Health.VerifiedBytes, "What passes and checks have read of the stored blocks.", "By");
        Each("octavo.engine.scrub.ended", pool => pool.Health.PassEndedAt?.ToUnixTimeSeconds() ?? 0,
            "When a pass over all snapshots ended last, seconds since 1970; 0 for never.", "s");
    }
}
