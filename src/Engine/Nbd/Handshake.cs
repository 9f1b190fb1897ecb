using System.Buffers.Binary;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Octavo.Engine.Nbd;

/// <summary>What a client and the server agreed on.</summary>
/// <param name="Export">The export, which is the receiver's to dispose.</param>
/// <param name="IsStructured">Whether replies are structured.</param>
/// <param name="HasAllocation">Whether the client may ask for holes and data.</param>
readonly record struct Agreement(NbdExport Export, bool IsStructured, bool HasAllocation);

/// <summary>
/// The first phase of a connection, fixed newstyle: the client asks for options one by one until it names the export that it wants. Reads exactly what an
/// option says it has, never ahead.
/// </summary>
sealed class Handshake(Link link, INbdExports exports, X509Certificate2? certificate, bool isTlsRequired, CancellationToken cancellation) : IDisposable
{
    /// <summary>A client needs about five; one that asks for more than this goes on for its own sake.</summary>
    const int MaxOptions = 64;

    /// <summary>Room for a name and several queries of the greatest length.</summary>
    const int MaxOptionBytes = 32 * 1024;

    const string NoExport = "There is no export of that name that you may use.";

    /// <summary>One buffer for all options: header and data come, are answered, and are gone.</summary>
    byte[] data = [];
    NbdExport? opened;
    string? openedName;
    bool isStructured;
    bool wantsNoZeroes;

    /// <summary>The export that the client chose allocation for; it counts only if the client goes there.</summary>
    string? allocationName;

    bool MustSecure => isTlsRequired && !link.IsSecure;

    /// <summary>Null where the client left, or was sent away.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public Agreement? Run()
    {
        Span<byte> greeting = stackalloc byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(greeting, Wire.Greeting);
        BinaryPrimitives.WriteUInt64BigEndian(greeting[8..], Wire.OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(greeting[16..], Wire.FixedNewstyle | Wire.NoZeroes);
        link.Send(greeting);

        Span<byte> answer = stackalloc byte[4];
        if (!link.TryFill(answer)) return null;
        var flags = BinaryPrimitives.ReadUInt32BigEndian(answer);
        if ((flags & ~(uint)(Wire.FixedNewstyle | Wire.NoZeroes)) != 0) return null;
        wantsNoZeroes = (flags & Wire.NoZeroes) != 0;

        Span<byte> header = stackalloc byte[Wire.OptionBytes];
        for (var count = 0; count < MaxOptions; count++)
        {
            if (!link.TryFill(header) || BinaryPrimitives.ReadUInt64BigEndian(header) != Wire.OptionMagic) return null;
            var option = (Option)BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
            if (length > MaxOptionBytes)
            {
                if (option != Option.ExportName) Reply(option, OptionReply.TooBig, $"An option has {MaxOptionBytes} bytes at most.");
                return null;
            }
            data = new byte[length];
            if (!link.TryFill(data)) return null;
            if (Answer(option, out var isOver) is { } agreement) return agreement;
            if (isOver) return null;
        }
        return null;
    }

    Agreement? Answer(Option option, out bool isOver)
    {
        isOver = false;
        switch (option)
        {
            case Option.Abort:
                Reply(option, OptionReply.Ack);
                isOver = true;
                return null;
            case Option.ExportName:
                isOver = true;
                return MustSecure ? null : EnterUnanswered();
            case Option.StartTls:
                StartTls();
                return null;
            case var _ when MustSecure:
                Reply(option, OptionReply.TlsRequired, "This address takes clients through TLS only.");
                return null;
            case Option.List:
                // Names are secrets, and who has named none has proven nothing.
                if (data.Length == 0) Reply(option, OptionReply.Ack);
                else Reply(option, OptionReply.Invalid, "This option has no data.");
                return null;
            case Option.Info or Option.Go:
                return Enter(option);
            case Option.StructuredReply:
                if (data.Length != 0)
                {
                    Reply(option, OptionReply.Invalid, "This option has no data.");
                    return null;
                }
                isStructured = true;
                Reply(option, OptionReply.Ack);
                return null;
            case Option.ListMetaContext or Option.SetMetaContext:
                MetaContext(option);
                return null;
            default:
                Reply(option, OptionReply.Unsupported, "This server does not know that option.");
                return null;
        }
    }

    void StartTls()
    {
        if (data.Length != 0)
            Reply(Option.StartTls, OptionReply.Invalid, "This option has no data.");
        else if (link.IsSecure)
            Reply(Option.StartTls, OptionReply.Invalid, "The connection has TLS already.");
        else if (certificate is null)
            Reply(Option.StartTls, OptionReply.Policy, "This server has no certificate for TLS.");
        else
        {
            Reply(Option.StartTls, OptionReply.Ack);
            link.Secure(certificate);
            // What was agreed in the clear may have been another's word.
            isStructured = false;
            allocationName = null;
            Close();
        }
    }

    /// <summary>The oldest way in, which has no answer but the export or the end.</summary>
    Agreement? EnterUnanswered()
    {
        if (Text(data) is not { } name || !TryOpen(name, out var export)) return null;
        var answer = new byte[10 + (wantsNoZeroes ? 0 : 124)];
        BinaryPrimitives.WriteInt64BigEndian(answer, export.Device.SizeBytes);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(8), (ushort)Flags(export));
        link.Send(answer);
        return Agree(name);
    }

    /// <summary>INFO and GO differ in the end only.</summary>
    Agreement? Enter(Option option)
    {
        var reader = new OptionReader(data);
        if (!reader.TryText(out var name) || !reader.TryUInt16(out var count) || reader.Rest.Length != count * 2)
        {
            Reply(option, OptionReply.Invalid, "This option has a name, a count, and as many numbers.");
            return null;
        }
        if (!TryOpen(name, out var export))
        {
            Reply(option, OptionReply.Unknown, NoExport);
            return null;
        }

        var wantsName = false;
        var wantsBlockSize = false;
        while (reader.TryUInt16(out var wanted))
        {
            wantsName |= wanted == (ushort)InfoType.Name;
            wantsBlockSize |= wanted == (ushort)InfoType.BlockSize;
        }
        Span<byte> info = stackalloc byte[14];
        BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)InfoType.Export);
        BinaryPrimitives.WriteInt64BigEndian(info[2..], export.Device.SizeBytes);
        BinaryPrimitives.WriteUInt16BigEndian(info[10..], (ushort)Flags(export));
        Reply(option, OptionReply.Info, info[..12]);
        if (wantsName) Reply(option, OptionReply.Info, [0, (byte)InfoType.Name, .. Encoding.UTF8.GetBytes(name)]);
        if (wantsBlockSize)
        {
            BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)InfoType.BlockSize);
            BinaryPrimitives.WriteUInt32BigEndian(info[2..], 1);
            BinaryPrimitives.WriteUInt32BigEndian(info[6..], Wire.PreferredBlock);
            BinaryPrimitives.WriteUInt32BigEndian(info[10..], Wire.MaxPayload);
            Reply(option, OptionReply.Info, info);
        }
        Reply(option, OptionReply.Ack);
        return option == Option.Go ? Agree(name) : null;
    }

    void MetaContext(Option option)
    {
        if (!isStructured)
        {
            Reply(option, OptionReply.Invalid, "Ask for structured replies first.");
            return;
        }
        // A choice replaces the one before, also where it fails.
        if (option == Option.SetMetaContext) allocationName = null;
        var reader = new OptionReader(data);
        if (!reader.TryText(out var name) || !reader.TryUInt32(out var count))
        {
            Reply(option, OptionReply.Invalid, "This option has a name, a count, and as many queries.");
            return;
        }
        var matches = option == Option.ListMetaContext && count == 0;
        for (; count > 0; count--)
        {
            if (!reader.TryText(out var query))
            {
                Reply(option, OptionReply.Invalid, "A query is missing or too long.");
                return;
            }
            matches |= query == Wire.Allocation || (option == Option.ListMetaContext && query == "base:");
        }
        if (reader.Rest.Length != 0)
        {
            Reply(option, OptionReply.Invalid, "There is something behind the last query.");
            return;
        }
        if (!TryOpen(name, out _))
        {
            Reply(option, OptionReply.Unknown, NoExport);
            return;
        }
        if (matches)
        {
            if (option == Option.SetMetaContext) allocationName = name;
            var id = option == Option.SetMetaContext ? (byte)Wire.AllocationId : (byte)0;
            Reply(option, OptionReply.MetaContext, [0, 0, 0, id, .. Encoding.ASCII.GetBytes(Wire.Allocation)]);
        }
        Reply(option, OptionReply.Ack);
    }

    ExportFlags Flags(NbdExport export)
    {
        var flags = ExportFlags.HasFlags | ExportFlags.SendFlush | ExportFlags.SendCache;
        if (isStructured) flags |= ExportFlags.SendDf;
        if (export.CanMultiConnect) flags |= ExportFlags.CanMultiConn;
        return flags | (export.Device.IsReadOnly
            ? ExportFlags.ReadOnly
            : ExportFlags.SendFua | ExportFlags.SendTrim | ExportFlags.SendWriteZeroes | ExportFlags.SendFastZero);
    }

    /// <summary>Several options name the export before the one that enters it; it is opened once for all.</summary>
    bool TryOpen(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out NbdExport? export)
    {
        if (opened is null || openedName != name)
        {
            Close();
            // This thread is the connection's own, so it may wait.
            opened = exports.OpenAsync(name, cancellation).AsTask().GetAwaiter().GetResult();
            openedName = name;
        }
        export = opened is { Draining.IsCancellationRequested: false } ? opened : null;
        return export is not null;
    }

    Agreement Agree(string name)
    {
        var export = opened!;
        opened = null;
        return new Agreement(export, isStructured, allocationName == name);
    }

    void Close()
    {
        opened?.Dispose();
        opened = null;
    }

    void Reply(Option option, OptionReply type, string sentence) => Reply(option, type, Encoding.UTF8.GetBytes(sentence));

    void Reply(Option option, OptionReply type, ReadOnlySpan<byte> payload = default)
    {
        var reply = new byte[Wire.OptionReplyBytes + payload.Length];
        BinaryPrimitives.WriteUInt64BigEndian(reply, Wire.OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(8), (uint)option);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(12), (uint)type);
        BinaryPrimitives.WriteInt32BigEndian(reply.AsSpan(16), payload.Length);
        payload.CopyTo(reply.AsSpan(Wire.OptionReplyBytes));
        link.Send(reply);
    }

    /// <summary>Null where the bytes are no text of the protocol.</summary>
    internal static string? Text(ReadOnlySpan<byte> bytes) =>
        bytes.Length > Wire.MaxText || bytes.Contains((byte)0) ? null : Encoding.UTF8.GetString(bytes);

    /// <summary>Lets go of an export that was looked at only.</summary>
    public void Dispose() => Close();
}

/// <summary>Takes an option's data apart.</summary>
ref struct OptionReader(ReadOnlySpan<byte> data)
{
    public ReadOnlySpan<byte> Rest { get; private set; } = data;

    public bool TryUInt16(out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(Rest, out value)) return false;
        Rest = Rest[2..];
        return true;
    }

    public bool TryUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(Rest, out value)) return false;
        Rest = Rest[4..];
        return true;
    }

    /// <summary>A text with its length before it.</summary>
    public bool TryText(out string text)
    {
        text = "";
        if (!TryUInt32(out var length) || length > Rest.Length || Handshake.Text(Rest[..(int)length]) is not { } found) return false;
        Rest = Rest[(int)length..];
        text = found;
        return true;
    }
}
