using Octavo.Engine.Io;

namespace Octavo.Engine.Volumes;

/// <summary>Reads an image from front to back and notices where it changed meanwhile.</summary>
sealed class ImageStream : Stream
{
    readonly IDiskFile image;
    readonly FileSignature signature;
    long position;

    public ImageStream(IDiskFile image)
    {
        this.image = image;
        signature = image.Stat().Signature;
    }

    public override long Length => signature.Length;

    public override long Position
    {
        get => position;
        set => position = value;
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Length - position);
        if (wanted <= 0) return 0;
        int read;
        try
        {
            read = image.Read(buffer[..wanted], position);
        }
        catch (IOException e)
        {
            throw new EngineException(EngineError.Io, $"The volume's image cannot be read at byte {position}.", e);
        }
        position += read;
        if ((position == Length || read == 0) && image.Stat().Signature != signature)
            throw new EngineException(EngineError.Conflict, "Another program wrote to the volume's image while it was read.");
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => position + offset,
        _ => Length + offset,
    };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) image.Dispose();
        base.Dispose(disposing);
    }
}
