namespace Octavo.EndToEnd.Support;

/// <summary>Disk images made from a seed, so that a name is enough to know the bytes.</summary>
static class Image
{
    const int Block = 128 << 10;

    /// <summary>Noise, single bytes and zeros in turn; the first half is the same for seeds that share their tens.</summary>
    public static byte[] Make(int seed, int size)
    {
        var image = new byte[size];
        for (var start = 0; start < size; start += Block)
        {
            var piece = image.AsSpan(start, Math.Min(Block, size - start));
            var own = HashCode.Of(start < size / 2 ? seed / 10 : 1_000_000 + seed, start);
            if (own % 4 == 0) continue;
            if (own % 4 == 1) piece.Fill((byte)(1 + own % 255));
            else Noise(own, piece);
        }
        return image;
    }

    static void Noise(int seed, Span<byte> piece)
    {
#pragma warning disable RS0030 // The seed is named.
        new Random(seed).NextBytes(piece);
#pragma warning restore RS0030
    }

    static class HashCode
    {
        /// <summary>The same in every process, unlike the class library's.</summary>
        public static int Of(int first, int second)
        {
            var mixed = unchecked((uint)(first * 73_856_093) ^ (uint)(second / Block * 19_349_663));
            mixed ^= mixed >> 15;
            return (int)(unchecked(mixed * 0x2c1b_3c6d) >> 1);
        }
    }
}
