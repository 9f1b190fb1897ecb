using System.Buffers;
using System.Buffers.Binary;

namespace Octavo.Engine.Nbd;

/// <summary>
/// The second phase of a connection: requests and their answers. The connection's thread receives many requests at once and answers what needs no waiting by
/// itself, in one send: reads of what is in memory, and writes that need not be durable yet. The rest goes to <see cref="Workers"/>, so that it holds up nothing.
/// </summary>
sealed class Transmission(Link link, Agreement agreement, Action<string> warn) : IDisposable
{
    /// <summary>What is received at once: 31 writes of 4 KiB.</summary>
    const int InputBytes = 128 << 10;

    /// <summary>A write up to this size is taken from where it was received; a longer one is received where it stays.</summary>
    const int LongWrite = 32 << 10;

    /// <summary>Answers that are sent at once.</summary>
    const int OutputBytes = 256 << 10;

    /// <summary>A read beyond this size has a buffer of its own.</summary>
    const int LongRead = 64 << 10;

    /// <summary>From this size on a look whether there is a hole costs little beside the bytes.</summary>
    const int WorthLooking = 64 << 10;

    /// <summary>So many requests that came too late are told so; then the connection ends in any case.</summary>
    const int MaxRefused = 1024;

    readonly IBlockDevice device = agreement.Export.Device;
    readonly byte[] input = ArrayPool<byte>.Shared.Rent(InputBytes);
    readonly byte[] output = ArrayPool<byte>.Shared.Rent(OutputBytes);
    readonly Gathering gathering = new();
    readonly Replies replies = new(agreement.IsStructured);
    Workers? workers;
    int start, end, filled;

    /// <summary>It is asked on every request, and a device only grows.</summary>
    long size = agreement.Export.Device.SizeBytes;
    int refused;
    volatile bool isDraining;

    /// <summary>Takes no further request.</summary>
    public void Drain()
    {
        isDraining = true;
        link.StopReceiving();
    }

    /// <summary>Serves until the client leaves, breaks the protocol, or <see cref="Drain"/> was called.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Run()
    {
        while (TakeAll() && Receive())
        {
        }
        Flush();
    }

    /// <summary>Returns when no request is in flight any more.</summary>
    public void End() => workers?.Close();

    /// <summary>False where the connection has to end.</summary>
    bool TakeAll()
    {
        while (end - start >= Wire.RequestBytes)
        {
            var header = input.AsSpan(start, Wire.RequestBytes);
            if (BinaryPrimitives.ReadUInt32BigEndian(header) != Wire.RequestMagic) return false;
            var request = new Request(
                (Command)BinaryPrimitives.ReadUInt16BigEndian(header[6..]), (CommandFlags)BinaryPrimitives.ReadUInt16BigEndian(header[4..]),
                BinaryPrimitives.ReadUInt64BigEndian(header[8..]), BinaryPrimitives.ReadUInt64BigEndian(header[16..]),
                BinaryPrimitives.ReadUInt32BigEndian(header[24..]));
            if (request.Command == Command.Disconnect) return false;
            if (request.Command == Command.Write)
            {
                if (request.Length > Wire.MaxPayload)
                {
                    // Its bytes may be anything, and too many to be skipped.
                    Fail(request, Errno.Invalid, "A write has 32 MiB at most.");
                    return false;
                }
                if (request.Length <= LongWrite && end - start < Wire.RequestBytes + request.Length) return true;
                start += Wire.RequestBytes;
                if (!TakeWrite(request)) return false;
            }
            else
            {
                start += Wire.RequestBytes;
                Take(request);
            }
            if (refused > MaxRefused) return false;
        }
        return true;
    }

    /// <summary>Sends what is answered and waits for more; false at the end.</summary>
    bool Receive()
    {
        Flush();
        if (start > 0)
        {
            input.AsSpan(start, end - start).CopyTo(input);
            end -= start;
            start = 0;
        }
        // While workers are at it, they and the client need the processors; and the rest of a request is not waited for with others.
        var received = link.Receive(input.AsSpan(end, InputBytes - end), mayPoll: workers is not { IsBusy: true }, end == 0 ? gathering : null);
        end += received;
        return received > 0;
    }

    void Take(in Request request)
    {
        if (Refusal(request) is { Error: not Errno.None } refusal)
            Fail(request, refusal.Error, refusal.Sentence);
        else if (request.Length == 0 && request.Command is not (Command.Flush or Command.BlockStatus))
            Append(request.Command == Command.Read ? replies.NoData(request, Room()) : Replies.Success(request, Room()));
        else if (request.Command != Command.Read || !TryReadNow(request))
            Hand(new Job(request, null));
    }

    bool TakeWrite(in Request request)
    {
        var length = (int)request.Length;
        var refusal = Refusal(request);
        if (refusal.Error != Errno.None)
        {
            Fail(request, refusal.Error, refusal.Sentence);
            return Skip(length);
        }
        var isDurable = request.Flags.HasFlag(CommandFlags.Fua);
        if (length <= LongWrite && !isDurable)
        {
            Write(request, input.AsSpan(start, length));
            start += length;
            return true;
        }

        var payload = ArrayPool<byte>.Shared.Rent(length);
        var here = Math.Min(length, end - start);
        input.AsSpan(start, here).CopyTo(payload);
        start += here;
        if (here < length)
        {
            // The client may be slow, and others of its requests are answered already.
            Flush();
            if (!link.TryFill(payload.AsSpan(here, length - here)))
            {
                ArrayPool<byte>.Shared.Return(payload);
                return false;
            }
        }
        if (isDurable)
        {
            Hand(new Job(request, payload));
            return true;
        }
        Write(request, payload.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(payload);
        return true;
    }

    void Write(in Request request, ReadOnlySpan<byte> payload)
    {
        try
        {
            if (!payload.IsEmpty) device.Write(payload, (long)request.Offset, isDurable: false);
        }
        catch (Exception e)
        {
            Fail(request, e);
            return;
        }
        Append(Replies.Success(request, Room()));
    }

    bool Skip(int length)
    {
        while (true)
        {
            var here = Math.Min(length, end - start);
            start += here;
            length -= here;
            if (length == 0) return true;
            if (!Receive()) return false;
        }
    }

    /// <summary>Answers a read from memory, where it is there.</summary>
    bool TryReadNow(in Request request)
    {
        var length = (int)request.Length;
        var header = replies.ReadHeaderBytes;
        if (length <= LongRead)
        {
            if (OutputBytes - filled < header + length) Flush();
            var reply = output.AsSpan(filled, header + length);
            var isRead = TryDevice(request, reply[header..]);
            if (isRead != true) return isRead is null;
            replies.ReadHeader(request, reply);
            filled += reply.Length;
            return true;
        }
        // Others wait behind it: while a worker sends it, they are read.
        if (end - start >= Wire.RequestBytes) return TryHole(request);
        var buffer = ArrayPool<byte>.Shared.Rent(header + length);
        try
        {
            var reply = buffer.AsSpan(0, header + length);
            var isRead = TryDevice(request, reply[header..]);
            if (isRead != true) return isRead is null;
            replies.ReadHeader(request, reply);
            Flush();
            link.Send(reply);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>False where it would have to wait; null where it is answered already: it failed, or is a hole.</summary>
    bool? TryDevice(in Request request, Span<byte> data)
    {
        if (TryHole(request)) return null;
        try
        {
            return device.TryRead(data, (long)request.Offset);
        }
        catch (Exception e)
        {
            Fail(request, e);
            return null;
        }
    }

    /// <summary>Answers a long read of a hole; false where there is none.</summary>
    bool TryHole(in Request request)
    {
        try
        {
            if (!IsHole(request)) return false;
        }
        catch (Exception e)
        {
            Fail(request, e);
            return true;
        }
        Append(Replies.Hole(request, Room()));
        return true;
    }

    bool IsHole(in Request request)
    {
        if (!agreement.IsStructured || request.Length < WorthLooking || request.Flags.HasFlag(CommandFlags.DoNotFragment)) return false;
        var extent = default(BlockExtent);
        device.Extents((long)request.Offset, request.Length, new Span<BlockExtent>(ref extent));
        return extent.IsHole && extent.LengthBytes == request.Length;
    }

    /// <summary>Why a request is not even tried.</summary>
    (Errno Error, string Sentence) Refusal(in Request request)
    {
        const CommandFlags reads = CommandFlags.Fua | CommandFlags.DoNotFragment;
        const CommandFlags fills = CommandFlags.Fua | CommandFlags.NoHole | CommandFlags.FastZero;
        if (isDraining)
        {
            refused++;
            return (Errno.Shutdown, "The volume is being detached.");
        }
        var (isKnown, allowed, isChange) = request.Command switch
        {
            Command.Read => (true, agreement.IsStructured ? reads : CommandFlags.Fua, false),
            Command.Write or Command.Trim => (true, CommandFlags.Fua, true),
            Command.WriteZeroes => (true, fills, true),
            Command.Flush => (true, CommandFlags.Fua, false),
            Command.Cache => (true, CommandFlags.Fua, false),
            Command.BlockStatus => (agreement.HasAllocation, CommandFlags.Fua | CommandFlags.OneExtent, false),
            _ => (false, CommandFlags.None, false),
        };
        if (!isKnown) return (Errno.Invalid, "This server does not know that request, or it was not agreed on.");
        if ((request.Flags & ~allowed) != 0) return (Errno.Invalid, "That request does not have such a flag.");
        if (isChange && device.IsReadOnly) return (Errno.NotPermitted, "It is attached for reading only.");
        if (request.Command == Command.Flush) return default;
        if (!IsInside(request))
            return (isChange ? Errno.NoSpace : Errno.Invalid, "That is beyond the end of the volume.");
        if (request.Command == Command.Read && request.Length > Wire.MaxPayload)
            return (request.Flags.HasFlag(CommandFlags.DoNotFragment) ? Errno.Overflow : Errno.Invalid, "A read has 32 MiB at most.");
        if (request.Command == Command.BlockStatus && request.Length == 0) return (Errno.Invalid, "Ask for a byte at least.");
        // Nothing promises that zeros without a hole are quicker than writing them.
        if (request.Flags.HasFlag(CommandFlags.FastZero | CommandFlags.NoHole)) return (Errno.NotSupported, "That is not quicker than writing zeros.");
        return default;
    }

    bool IsInside(in Request request)
    {
        if (request.Offset <= (ulong)size && request.Length <= (ulong)size - request.Offset) return true;
        size = device.SizeBytes;
        return request.Offset <= (ulong)size && request.Length <= (ulong)size - request.Offset;
    }

    void Hand(in Job job)
    {
        workers ??= new Workers(new Slow(link, agreement, replies, warn).Run);
        if (workers.TryAdd(job)) return;
        Flush();
        workers.Add(job);
    }

    void Fail(in Request request, Exception e)
    {
        var (error, sentence) = Replies.Of(e, warn);
        Fail(request, error, sentence);
    }

    void Fail(in Request request, Errno error, string sentence) => Append(replies.Failure(request, error, sentence, Room()));

    /// <summary>Where the next answer without data goes.</summary>
    Span<byte> Room()
    {
        if (OutputBytes - filled < Replies.MaxShortBytes) Flush();
        return output.AsSpan(filled, Replies.MaxShortBytes);
    }

    void Append(int length) => filled += length;

    void Flush()
    {
        if (filled == 0) return;
        var length = filled;
        filled = 0;
        link.Send(output.AsSpan(0, length));
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(input);
        ArrayPool<byte>.Shared.Return(output);
    }
}
