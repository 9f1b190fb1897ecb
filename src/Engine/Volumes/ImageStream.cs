using Octavo.Engine.Io;

namespace Octavo.Engine.Volumes;

/// <summary>Reads an image from front to back and notices where it changed meanwhile.</summary>
sealed class ImageStream : ReadOnlyStream
{
    readonly IDiskFile image;
    readonly FileSignature signature;

    public ImageStream(IDiskFile image) : this(image, image.Stat().Signature)
    {
    }

    ImageStream(IDiskFile image, FileSignature signature) : base(signature.Length) => (this.image, this.signature) = (image, signature);

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Length - Position);
        if (wanted <= 0) return 0;
        int read;
        try
        {
            read = image.Read(buffer[..wanted], Position);
        }
        catch (IOException e)
        {
            throw new EngineException(EngineError.Io, $"The volume's image cannot be read at byte {Position}.", e);
        }
        Position += read;
        if ((Position == Length || read == 0) && image.Stat().Signature != signature)
            throw new EngineException(EngineError.Conflict, "Another program wrote to the volume's image while it was read.");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) image.Dispose();
        base.Dispose(disposing);
    }
}
