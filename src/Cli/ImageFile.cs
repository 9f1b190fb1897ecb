namespace Octavo.Cli;

/// <summary>Raw disk images on this machine.</summary>
static class ImageFile
{
    /// <summary>Zeros are left out in pieces of this size.</summary>
    const int HoleBytes = 64 * 1024;

    const int BufferBytes = 1 << 20;

    /// <summary>Opens an image to be sent.</summary>
    /// <exception cref="UserException">It cannot be read.</exception>
    public static FileStream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path} cannot be read: {e.Message}");
        }
    }

    /// <summary>Looks, before anything is sent, whether an image can be written there.</summary>
    /// <exception cref="UserException">It cannot.</exception>
    public static void CheckTarget(string path, bool mayReplace)
    {
        if (Directory.Exists(path)) throw new UserException($"{path} is a folder. Name a file in it.");
        if (!mayReplace && File.Exists(path)) throw new UserException($"{path} exists already. Give another name, or --force.");
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw new UserException($"The folder of {path} does not exist. Make it first.");
    }

    /// <summary>
    /// Writes an image, zeros as holes, to a temporary name beside the target, and renames it when every byte is durable: the target is there
    /// whole or not at all.
    /// </summary>
    public static async Task WriteAsync(
        string path, Stream content, long length, bool mayReplace, Action<double> progress, CancellationToken cancellation)
    {
        CheckTarget(path, mayReplace);
        var temporary = path + ".part";
        try
        {
            await using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.SetLength(length);
                var buffer = new byte[BufferBytes];
                for (var at = 0L; at < length;)
                {
                    var wanted = (int)Math.Min(buffer.Length, length - at);
                    var read = await ReceiveAsync(content, buffer.AsMemory(0, wanted), at, length, cancellation);
                    await WriteDataAsync(file, buffer.AsMemory(0, read), at, cancellation);
                    at += read;
                    progress(100.0 * at / length);
                }
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: mayReplace);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    // In mid-image the server can say no more: it cuts the connection.
    static async Task<int> ReceiveAsync(Stream content, Memory<byte> buffer, long at, long length, CancellationToken cancellation)
    {
        try
        {
            await content.ReadExactlyAsync(buffer, cancellation);
            return buffer.Length;
        }
        catch (IOException e)
        {
            throw new HttpRequestException(
                HttpRequestError.ResponseEnded,
                $"the image ended after {at} of {length} bytes; nothing of it was kept. Where the service still runs, it could not read on, "
                + "or the volume was written to meanwhile: octavo fsck tells of damage, the service's log tells the cause.", e);
        }
    }

    static async Task WriteDataAsync(FileStream file, ReadOnlyMemory<byte> data, long offset, CancellationToken cancellation)
    {
        for (var at = 0; at < data.Length; at += HoleBytes)
        {
            var piece = data.Slice(at, Math.Min(HoleBytes, data.Length - at));
            if (piece.Span.ContainsAnyExcept((byte)0)) await RandomAccess.WriteAsync(file.SafeFileHandle, piece, offset + at, cancellation);
        }
    }
}
