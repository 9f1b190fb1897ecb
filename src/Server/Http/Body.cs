using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Octavo.Api;
using Octavo.Core;

namespace Octavo.Server.Http;

/// <summary>The bytes of a body that was read: what makes a request the same as another.</summary>
sealed record RawBody(ReadOnlyMemory<byte> Bytes);

/// <summary>A JSON body of <c>/v2</c>, read with our own sentences for what is wrong with it.</summary>
sealed record Body<T>(T Value)
{
    /// <summary>No JSON body of ours comes near this.</summary>
    const int MaxBytes = 64 * 1024;

    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    /// <exception cref="VolumeException">Invalid: not JSON, of another shape, or too large.</exception>
    public static async ValueTask<Body<T>> BindAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.HasJsonContentType())
            throw new VolumeException(ErrorCode.Invalid, "The body must be JSON, sent with Content-Type: application/json.");
        var bytes = await ReadAsync(request, MaxBytes, context.RequestAborted)
            ?? throw new VolumeException(ErrorCode.Invalid, $"The body is larger than {MaxBytes} bytes.");
        try
        {
            context.Features.Set(new RawBody(bytes));
            var shape = (JsonTypeInfo<T>)ApiJson.Strict.GetTypeInfo(typeof(T))!;
            return JsonSerializer.Deserialize(bytes.Span, shape) is { } value
                ? new Body<T>(value)
                : throw new VolumeException(ErrorCode.Invalid, "The body must be a JSON object, not null.");
        }
        catch (JsonException e)
        {
            throw new VolumeException(ErrorCode.Invalid,
                IsUnknown(e) ? $"The body has a field that is not known: {e.Path}."
                : e.Path is { Length: > 1 } path ? $"The body has the wrong type of value at {path}."
                : "The body is no well-formed JSON object.", e);
        }
    }

    // The serializer has no other mark for it.
    static bool IsUnknown(JsonException e) => e.Message.Contains("could not be mapped", StringComparison.Ordinal);

    /// <summary>The whole body, or null where it has more bytes than that.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellation)
    {
        if (request.ContentLength > maxBytes) return null;
        using var buffer = new MemoryStream();
        var chunk = new byte[4096];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellation)) > 0)
        {
            if (buffer.Length + read > maxBytes) return null;
            buffer.Write(chunk, 0, read);
        }
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }
}
