using Octavo.Engine.Io;

namespace Octavo.Engine.Volumes;

/// <summary>Reads a live volume from front to back and notices where it was written to meanwhile.</summary>
sealed class LiveStream(LiveVolume volume, object watch, Action release) : ReadOnlyStream(volume.SizeBytes)
{
    bool isReleased;

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Length - Position);
        if (wanted <= 0) return 0;
        try
        {
            volume.Read(buffer[..wanted], Position);
        }
        catch (IOException e)
        {
            throw new EngineException(EngineError.Io, $"The volume's image cannot be read at byte {Position}.", e);
        }
        catch (ObjectDisposedException e)
        {
            throw new EngineException(EngineError.Locked, "The pool is closed.", e);
        }
        Position += wanted;
        if (Position == Length && !volume.IsUnchangedSince(watch))
            throw new EngineException(EngineError.Conflict, "Somebody wrote to the volume while it was read. Take a snapshot, and read that.");
        return wanted;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !isReleased) release();
        isReleased = true;
        base.Dispose(disposing);
    }
}
