namespace Octavo.Engine;

/// <summary>
/// A disk of a volume or a snapshot as whoever is attached sees it: bytes at positions. Every call may come from several threads at once and throws
/// <see cref="EngineException"/> and nothing else; a range outside 0 to <see cref="SizeBytes"/> is Invalid, a change of a read-only one Conflict.
/// What a write, a trim or a fill with zeros changed is seen by every later read; it is durable after the next <see cref="Flush"/>, or at once where the
/// call asks for that.
/// </summary>
public interface IBlockDevice : IDisposable
{
    /// <summary>The size now, in bytes. It only grows.</summary>
    long SizeBytes { get; }

    /// <summary>Whether all changes are refused.</summary>
    bool IsReadOnly { get; }

    /// <summary>
    /// Reads what is at hand without waiting for a disk or another thread. False where that is not all of it: the buffer's content means nothing then, and
    /// <see cref="Read"/> has to be called.
    /// </summary>
    bool TryRead(Span<byte> buffer, long offset);

    /// <summary>Fills the buffer.</summary>
    void Read(Span<byte> buffer, long offset);

    /// <summary>Writes all of the buffer.</summary>
    /// <param name="isDurable">Whether these bytes are durable when the call returns.</param>
    void Write(ReadOnlySpan<byte> buffer, long offset, bool isDurable);

    /// <summary>Makes a range read as zeros.</summary>
    /// <param name="mayFree">Whether its space may be given back; else later writes to it need no new space, where the file system can do that.</param>
    /// <param name="isDurable">As for <see cref="Write"/>.</param>
    void WriteZeroes(long offset, long length, bool mayFree, bool isDurable);

    /// <summary>Gives back the space of a range that nobody needs any more. It reads as zeros then, where the file system can free it; else as before.</summary>
    /// <param name="isDurable">As for <see cref="Write"/>.</param>
    void Trim(long offset, long length, bool isDurable);

    /// <summary>Makes every change durable whose call has returned, through whichever connection it came.</summary>
    void Flush();

    /// <summary>
    /// What a range is made of, from its beginning: neighbouring extents differ. They may end before the range does, where there are more than fit, and
    /// never behind it.
    /// </summary>
    /// <returns>How many extents were written, at least one.</returns>
    int Extents(long offset, long length, Span<BlockExtent> extents);
}

/// <summary>A stretch of a block device.</summary>
/// <param name="LengthBytes">Its length.</param>
/// <param name="IsHole">Whether it takes no space and reads as zeros.</param>
public readonly record struct BlockExtent(long LengthBytes, bool IsHole);
