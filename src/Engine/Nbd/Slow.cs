using System.Buffers;

namespace Octavo.Engine.Nbd;

/// <summary>What the workers do with a request: it may wait for the disk, and is answered alone.</summary>
sealed class Slow(Link link, Agreement agreement, Replies replies, Action<string> warn)
{
    /// <summary>More extents than this are asked for in the next request.</summary>
    const int MaxExtents = 1024;

    /// <summary>A request to bring bytes to memory is a hint; more than this of it is left.</summary>
    const int MaxCached = Wire.MaxPayload;

    const int CacheStep = 1 << 20;

    readonly IBlockDevice device = agreement.Export.Device;

    public void Run(Job job)
    {
        var request = job.Request;
        var buffer = ArrayPool<byte>.Shared.Rent(RoomFor(request));
        try
        {
            int length;
            try
            {
                length = Do(request, job.Payload, buffer);
            }
            catch (Exception e)
            {
                var (error, sentence) = Replies.Of(e, warn);
                length = replies.Failure(request, error, sentence, buffer);
            }
            link.Send(buffer.AsSpan(0, length));
        }
        catch (IOException)
        {
            // The client is gone; its reader finds that out too.
            link.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (job.Payload is not null) ArrayPool<byte>.Shared.Return(job.Payload);
        }
    }

    int RoomFor(in Request request) => Math.Max(Replies.MaxShortBytes, request.Command switch
    {
        Command.Read => replies.ReadHeaderBytes + (int)request.Length,
        Command.BlockStatus => Replies.ExtentsBytes(MaxExtents),
        Command.Cache => CacheStep,
        _ => 0,
    });

    /// <summary>Returns the length of the answer.</summary>
    int Do(in Request request, byte[]? payload, byte[] buffer)
    {
        var offset = (long)request.Offset;
        var isDurable = request.Flags.HasFlag(CommandFlags.Fua);
        switch (request.Command)
        {
            case Command.Read:
                var reply = buffer.AsSpan(0, replies.ReadHeaderBytes + (int)request.Length);
                device.Read(reply[replies.ReadHeaderBytes..], offset);
                replies.ReadHeader(request, reply);
                return reply.Length;
            case Command.Write:
                device.Write(payload.AsSpan(0, (int)request.Length), offset, isDurable);
                break;
            case Command.Flush:
                device.Flush();
                break;
            case Command.Trim:
                device.Trim(offset, request.Length, isDurable);
                break;
            case Command.WriteZeroes:
                device.WriteZeroes(offset, request.Length, !request.Flags.HasFlag(CommandFlags.NoHole), isDurable);
                break;
            case Command.Cache:
                Cache(offset, Math.Min(request.Length, MaxCached), buffer);
                break;
            case Command.BlockStatus:
                return BlockStatus(request, buffer);
        }
        return Replies.Success(request, buffer);
    }

    void Cache(long offset, long length, byte[] buffer)
    {
        for (var at = 0L; at < length; at += CacheStep) device.Read(buffer.AsSpan(0, (int)Math.Min(CacheStep, length - at)), offset + at);
    }

    int BlockStatus(in Request request, byte[] buffer)
    {
        var extents = ArrayPool<BlockExtent>.Shared.Rent(MaxExtents);
        try
        {
            var wanted = request.Flags.HasFlag(CommandFlags.OneExtent) ? 1 : MaxExtents;
            var count = device.Extents((long)request.Offset, request.Length, extents.AsSpan(0, wanted));
            return Replies.Extents(request, extents.AsSpan(0, count), buffer);
        }
        finally
        {
            ArrayPool<BlockExtent>.Shared.Return(extents);
        }
    }
}
