using System.Numerics;

namespace Octavo.Engine.Volumes;

/// <summary>
/// A set of a volume's blocks, one bit each: 2 MiB for 8 TiB. Every call may come from several threads at once; what one added, another one sees that is
/// told of it.
/// </summary>
sealed class BlockSet(int count)
{
    const int WordBits = 64;

    readonly ulong[] words = new ulong[(count + WordBits - 1) / WordBits];

    /// <summary>The blocks that could be in it.</summary>
    public int Count => count;

    /// <summary>The bits, 64 blocks a word, lowest first; to be stored.</summary>
    public ulong[] Words => words;

    /// <summary>Whether a block is in it; false for one past <see cref="Count"/>.</summary>
    public bool Contains(int block) => block < count && (Volatile.Read(ref words[block / WordBits]) & Bit(block)) != 0;

    /// <summary>Puts a block in.</summary>
    public void Add(int block)
    {
        // Nearly always it is there: a look costs nothing that other processors would notice.
        if (!Contains(block)) Interlocked.Or(ref words[block / WordBits], Bit(block));
    }

    /// <summary>Takes a block out.</summary>
    public void Remove(int block) => Interlocked.And(ref words[block / WordBits], ~Bit(block));

    /// <summary>Whether one of a range is in it.</summary>
    public bool ContainsAny(int first, int last)
    {
        for (var block = first; block <= last; block++)
            if (Contains(block)) return true;
        return false;
    }

    /// <summary>How many are in it.</summary>
    public int Size
    {
        get
        {
            var size = 0;
            for (var i = 0; i < words.Length; i++) size += BitOperations.PopCount(Volatile.Read(ref words[i]));
            return size;
        }
    }

    /// <summary>What is in it, in order, each looked at when it is its turn.</summary>
    public IEnumerable<int> All
    {
        get
        {
            for (var i = 0; i < words.Length; i++)
                for (var word = Volatile.Read(ref words[i]); word != 0; word &= word - 1)
                    yield return i * WordBits + BitOperations.TrailingZeroCount(word);
        }
    }

    /// <summary>A set of more blocks with the same in it.</summary>
    public BlockSet Enlarged(int newCount)
    {
        var larger = new BlockSet(newCount);
        Array.Copy(words, larger.words, Math.Min(words.Length, larger.words.Length));
        return larger;
    }

    /// <summary>Puts everything in that is in another one of no more blocks.</summary>
    public void AddAll(BlockSet other)
    {
        for (var i = 0; i < other.words.Length; i++) Interlocked.Or(ref words[i], Volatile.Read(ref other.words[i]));
    }

    static ulong Bit(int block) => 1UL << (block % WordBits);
}
