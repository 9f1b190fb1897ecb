using System.Buffers.Binary;

namespace Octavo.Tests.Fuzz;

/// <summary>Damages valid bytes, the same way for the same seed.</summary>
sealed class Mutator(int seed)
{
    static readonly long[] Interesting =
        [0, 1, -1, 0x7F, 0x80, 0xFF, 511, 512, 4096, 524_287, 524_288, 524_289, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

#pragma warning disable RS0030 // The seed is named.
    readonly Random random = new(seed);
#pragma warning restore RS0030

    public int Seed => seed;

    public int Below(int limit) => random.Next(limit);

    public bool OneIn(int n) => random.Next(n) == 0;

    public T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

    /// <summary>A few small damages; sometimes none.</summary>
    public byte[] Mutate(ReadOnlySpan<byte> valid)
    {
        var bytes = valid.ToArray().ToList();
        for (var i = random.Next(4); i > 0; i--) Damage(bytes);
        return [.. bytes];
    }

    void Damage(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(random.Next(1, 40), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4:
                bytes.InsertRange(at, Noise(random.Next(1, 20)));
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6:
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, Pick(Interesting));
                for (var i = 0; i < (random.Next(2) == 0 ? 4 : 8) && at + i < bytes.Count; i++) bytes[at + i] = number[i];
                break;
            default:
                bytes.InsertRange(at, "%00&=+;\\u0000-99"u8.ToArray().Take(random.Next(14)));
                break;
        }
    }

    byte[] Noise(int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }
}
