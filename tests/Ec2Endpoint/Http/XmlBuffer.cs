using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Octavo.Ec2.Http;

/// <summary>
/// An answer in the making: UTF-8 straight into a pooled array. An endpoint that shares its processors with the service that is
/// measured against it must cost next to nothing, so no tree is built and no string is made.
/// </summary>
sealed class XmlBuffer : IDisposable
{
    static readonly SearchValues<char> Special = SearchValues.Create("<>&\r");

    byte[] bytes = ArrayPool<byte>.Shared.Rent(64 << 10);
    int length;

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, length);

    public void Dispose() => ArrayPool<byte>.Shared.Return(bytes);

    public void Clear() => length = 0;

    public void Raw(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Free(utf8.Length));
        length += utf8.Length;
    }

    /// <summary>For the one service that answers in JSON.</summary>
    public void Json(JsonNode answer) => Raw(Encoding.UTF8.GetBytes(answer.ToJsonString()));

    public void Open(ReadOnlySpan<byte> name)
    {
        var free = Free(name.Length + 2);
        free[0] = (byte)'<';
        name.CopyTo(free[1..]);
        free[name.Length + 1] = (byte)'>';
        length += name.Length + 2;
    }

    public void Close(ReadOnlySpan<byte> name)
    {
        Raw("</"u8);
        Raw(name);
        Raw(">"u8);
    }

    /// <summary>An element with text; nothing where there is none.</summary>
    public void Element(ReadOnlySpan<byte> name, string? value)
    {
        if (value is null) return;
        Open(name);
        Text(value);
        Close(name);
    }

    public void Element(ReadOnlySpan<byte> name, long? value)
    {
        if (value is not { } number) return;
        Open(name);
        Utf8Formatter.TryFormat(number, Free(20), out var written);
        length += written;
        Close(name);
    }

    public void Element(ReadOnlySpan<byte> name, bool value)
    {
        Open(name);
        Raw(value ? "true"u8 : "false"u8);
        Close(name);
    }

    public void Element(ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is not { } instant) return;
        Open(name);
        instant.UtcDateTime.TryFormat(Free(32), out var written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        length += written;
        Close(name);
    }

    public void Text(string text)
    {
        if (!text.AsSpan().ContainsAny(Special))
        {
            length += Encoding.UTF8.GetBytes(text, Free(Encoding.UTF8.GetMaxByteCount(text.Length)));
            return;
        }
        Text(text.Replace("&", "&amp;", StringComparison.Ordinal), "<", "&lt;", ">", "&gt;", "\r", "&#xD;");
    }

    void Text(string text, params ReadOnlySpan<string> pairs)
    {
        for (var i = 0; i < pairs.Length; i += 2) text = text.Replace(pairs[i], pairs[i + 1], StringComparison.Ordinal);
        length += Encoding.UTF8.GetBytes(text, Free(Encoding.UTF8.GetMaxByteCount(text.Length)));
    }

    Span<byte> Free(int atLeast)
    {
        if (bytes.Length - length < atLeast)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length * 2, length + atLeast));
            Written.Span.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = larger;
        }
        return bytes.AsSpan(length);
    }
}
