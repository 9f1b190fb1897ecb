namespace Octavo.Core;

/// <summary>A size in bytes. Volumes are shown in whole GiB (2^30 bytes), rounded up, as EBS does.</summary>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    /// <summary>Bytes in one GiB.</summary>
    public const long BytesPerGiB = 1L << 30;

    /// <summary>Bytes in one MiB.</summary>
    public const long BytesPerMiB = 1L << 20;

    /// <summary>The size of a number of GiB.</summary>
    /// <exception cref="OverflowException">More than 8,589,934,591 GiB.</exception>
    public static ByteSize FromGiB(long gib) => new(checked(gib * BytesPerGiB));

    /// <summary>Whole GiB, rounded up: a disk of 1.5 GiB shows as 2.</summary>
    public long GiB => Bytes / BytesPerGiB + (Bytes % BytesPerGiB == 0 ? 0 : 1);

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>Whether the left size is smaller.</summary>
    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;

    /// <summary>Whether the left size is larger.</summary>
    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;

    /// <summary>Whether the left size is at most the right.</summary>
    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;

    /// <summary>Whether the left size is at least the right.</summary>
    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;

    /// <summary>For people: <c>1.5 GiB</c>, <c>512 B</c>.</summary>
    public override string ToString()
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = Bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        return FormattableString.Invariant($"{value:0.#} {units[unit]}");
    }
}
