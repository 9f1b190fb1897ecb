using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Octavo.Api;
using Octavo.Core;

namespace Octavo.Server.Http;

/// <summary>
/// Which page of a list is asked for: <c>?limit=</c> (1 to 1,000; 100 if left out) and <c>?page_token=</c>. A page may be shorter: it ends before it is long. A token is opaque to
/// clients: base64url of <c>1:LIST:KEY</c>, where the list's name keeps a token of one list from being used on another, and the key is
/// where the next page begins.
/// </summary>
sealed record PageOf(int Limit, string? Token)
{
    /// <summary>Bounds the work of one request.</summary>
    public const int MaxLimit = 1000;

    /// <summary>No page sends more than 200 KiB; what is not items, how fresh the list is above all, has the rest.</summary>
    const int MaxBytes = 176 * 1024;

    const int DefaultLimit = 100;
    const string Version = "1";

    /// <summary>Behind the question mark.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } =
    [
        new("limit", "At most so many items: 1 to 1,000; 100 if left out. A page also ends at some 200 KiB.", QueryForm.Number),
        new("page_token", "The next_page_token of the page before."),
    ];

    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    /// <exception cref="VolumeException">Invalid: the limit is no number from 1 to 1,000.</exception>
    public static ValueTask<PageOf> BindAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = DefaultLimit;
        if (query.TryGetValue("limit", out var text)
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
            throw new VolumeException(ErrorCode.Invalid, $"limit must be a number from 1 to {MaxLimit}.");
        string? token = query.TryGetValue("page_token", out var given) ? given.ToString() : null;
        return ValueTask.FromResult(new PageOf(limit, string.IsNullOrEmpty(token) ? null : token));
    }

    /// <summary>The key after which the page begins; null for the first page.</summary>
    /// <exception cref="VolumeException">Invalid: the token is not one of this list's.</exception>
    public string? After(string list)
    {
        if (Token is null) return null;
        var prefix = $"{Version}:{list}:";
        try
        {
            var text = Strict.GetString(Base64Url.DecodeFromChars(Token));
            if (text.StartsWith(prefix, StringComparison.Ordinal)) return text[prefix.Length..];
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // Falls through to the one sentence below.
        }
        throw BadToken();
    }

    /// <summary>
    /// The key of a list that is ordered by time and id: <c>MILLISECONDS,ID</c>. Before the first key stands the pair given.
    /// </summary>
    /// <exception cref="VolumeException">Invalid.</exception>
    public (long Time, string Id) AfterTimeAndId(string list, (long, string) start)
    {
        if (After(list) is not { } key) return start;
        var comma = key.IndexOf(',', StringComparison.Ordinal);
        return comma > 0
            && long.TryParse(key.AsSpan(0, comma), NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            && InternalId.IsWellFormed(key.AsSpan(comma + 1))
                ? (time, key[(comma + 1)..])
                : throw BadToken();
    }

    /// <summary>The key of a list that is ordered by a number. Before the first key stands the number given.</summary>
    /// <exception cref="VolumeException">Invalid.</exception>
    public long AfterNumber(string list, long start) => After(list) is not { } key ? start
        : long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw BadToken();

    /// <summary>Makes the page of items that were asked with one more than the limit.</summary>
    public Page<T> Cut<T>(List<T> items, string list, Func<T, string> key, JsonTypeInfo<T> shape)
    {
        var count = Math.Min(Limit, Fitting(items, shape));
        return count == items.Count ? new Page<T>(items, null) : new Page<T>(items[..count], TokenOf(list, key(items[count - 1])));
    }

    /// <summary>How many of these items, from the first, a page may carry: <see cref="MaxBytes"/>, and at least one.</summary>
    public static int Fitting<T>(IReadOnlyList<T> items, JsonTypeInfo<T> shape)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = shape.Options.Encoder });
        var total = 0;
        for (var count = 0; count < items.Count; count++)
        {
            JsonSerializer.Serialize(json, items[count], shape);
            total += bytes.WrittenCount + 1;
            if (total > MaxBytes && count > 0) return count;
            bytes.ResetWrittenCount();
            json.Reset();
        }
        return items.Count;
    }

    /// <summary>The token of the page behind this key.</summary>
    public static string TokenOf(string list, string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{Version}:{list}:{key}"));

    /// <summary>The key for <see cref="AfterTimeAndId"/>.</summary>
    public static string Key(DateTimeOffset time, string id) =>
        FormattableString.Invariant($"{time.ToUnixTimeMilliseconds()},{id}");

    /// <summary>The key for <see cref="AfterNumber"/>.</summary>
    public static string Key(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a token that makes no sense is answered.</summary>
    public static VolumeException BadToken() => new(ErrorCode.Invalid,
        "page_token is not one that this list gave out. Leave it out to begin at the first page.");

    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
}
