using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Octavo.Core;

namespace Octavo.Server.Http;

/// <summary>
/// Entity tags (RFC 9110). One thing has a strong one, which is a hash of how it is shown, so that it is the same after a restart; a list has a weak
/// one, which moves when anything moves that could be in it.
/// </summary>
static class Etag
{
    /// <summary>The strong tag of what is shown, quotes included.</summary>
    public static string Of<T>(T value, JsonTypeInfo<T> shape) => Of(JsonSerializer.SerializeToUtf8Bytes(value, shape));

    /// <summary>The same of its bytes.</summary>
    public static string Of(ReadOnlySpan<byte> json)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(json, hash);
        return $"\"{Convert.ToHexStringLower(hash[..16])}\"";
    }

    /// <summary>Answers with one thing and its tag, or with 304 where the client has it.</summary>
    /// <param name="tagged">What of it the tag is of, where it is not all; see <see cref="Require"/>.</param>
    public static Task<IResult> AnswerAsync<T>(HttpContext context, T value, JsonTypeInfo<T> shape, T? tagged = null) where T : class =>
        AnswerAsync(context, Of(tagged ?? value, shape), () => Task.FromResult(value), shape);

    /// <summary>Answers with a tag, or with 304 where the client has what it stands for.</summary>
    public static async Task<IResult> AnswerAsync<T>(HttpContext context, string tag, Func<Task<T>> make, JsonTypeInfo<T> shape)
    {
        IResult answer = IsKnown(context.Request, tag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Json(await make(), shape);
        context.Response.Headers.ETag = tag;
        return answer;
    }

    /// <summary>Whether the client says that it has what the tag stands for (<c>If-None-Match</c>).</summary>
    public static bool IsKnown(HttpRequest request, string tag)
    {
        foreach (var value in request.Headers.IfNoneMatch)
            if (value is not null && (value == "*" || value.Contains(tag[tag.IndexOf('"', StringComparison.Ordinal)..], StringComparison.Ordinal))) return true;
        return false;
    }

    /// <summary>Refuses a change where the client has seen another state than the present one (<c>If-Match</c>).</summary>
    /// <exception cref="PreconditionException">It has.</exception>
    public static void Require<T>(HttpRequest request, T current, JsonTypeInfo<T> shape)
    {
        var wanted = request.Headers.IfMatch;
        if (wanted.Count == 0) return;
        var tag = Of(current, shape);
        // A weak tag never matches here: it says nothing of one thing.
        var isSeen = wanted.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).Any(one => one == "*" || one == tag);
        if (!isSeen)
            throw new PreconditionException($"It is not any more what If-Match names: now its ETag is {tag}. Look at it again, then decide.");
    }
}

/// <summary>What the client has seen is not so any more: 412.</summary>
sealed class PreconditionException(string message) : Exception(message)
{
    /// <summary>The word for programs.</summary>
    public const ErrorCode Code = ErrorCode.Conflict;
}
