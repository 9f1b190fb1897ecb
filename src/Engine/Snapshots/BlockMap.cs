using Octavo.Engine.Segments;

namespace Octavo.Engine.Snapshots;

/// <summary>
/// What a snapshot has in each of its blocks: a stored block, or a hole. Long stretches of holes take no memory to speak of: 128 KiB a TiB. Several threads may set
/// different blocks at once.
/// </summary>
/// <param name="count">The blocks of the snapshot.</param>
sealed class BlockMap(int count)
{
    /// <summary>64 MiB of the volume, 5 KiB of memory.</summary>
    const int StretchBlocks = 128;

    readonly BlockHash?[]?[] stretches = new BlockHash?[]?[(count + StretchBlocks - 1) / StretchBlocks];

    /// <summary>The blocks of the snapshot.</summary>
    public int Length => count;

    /// <summary>A block; null for a hole.</summary>
    public BlockHash? this[int block]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, count);
            return stretches[block / StretchBlocks]?[block % StretchBlocks];
        }
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, count);
            ref var stretch = ref stretches[block / StretchBlocks];
            if (stretch is null)
            {
                if (value is null) return;
                Interlocked.CompareExchange(ref stretch, new BlockHash?[StretchBlocks], null);
            }
            stretch[block % StretchBlocks] = value;
        }
    }

    /// <summary>The blocks that are no holes, in order.</summary>
    public IEnumerable<(int Block, BlockHash Hash)> Stored
    {
        get
        {
            for (var i = 0; i < stretches.Length; i++)
            {
                if (stretches[i] is not { } stretch) continue;
                for (var j = 0; j < StretchBlocks; j++)
                    if (stretch[j] is { } hash) yield return (i * StretchBlocks + j, hash);
            }
        }
    }
}
