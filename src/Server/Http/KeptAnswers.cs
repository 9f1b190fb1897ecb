using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Http;

/// <summary>An answer as bytes, so that it can be given again.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">JSON; empty for none.</param>
/// <param name="Location">The address of what was made, or of its operation.</param>
/// <param name="ETag">The tag of what is shown.</param>
sealed record Answer(int Status, byte[] Body, string? Location = null, string? ETag = null) : IResult
{
    /// <summary>Whether it was given before, to the same request.</summary>
    [JsonIgnore]
    public bool IsRepeated { get; init; }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        if (Location is not null) response.Headers.Location = Location;
        if (ETag is not null) response.Headers.ETag = ETag;
        if (IsRepeated) response.Headers["Idempotency-Replayed"] = "true";
        if (Body.Length == 0) return Task.CompletedTask;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = Body.Length;
        return response.BodyWriter.WriteAsync(Body).AsTask();
    }
}

/// <summary>
/// The table <c>kept_answers</c>: what a change answered that named an <c>Idempotency-Key</c>, written with the change, so that whoever asks again, after
/// whatever death, is told the same and nothing is done twice. A key is its user's own. Encrypted: some answers hold a new token.
/// </summary>
sealed class KeptAnswers(Database.Database database, IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>The request header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>A client that tries again does so within days.</summary>
    static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    const int MaxKeyLength = 255;

    readonly IDataProtector protector = protection.CreateProtector("KeptAnswers.v1");

    /// <summary>The key of a request; null where it names none.</summary>
    /// <exception cref="VolumeException">Invalid: it is no key.</exception>
    public static string? KeyOf(HttpRequest request)
    {
        var given = request.Headers[Header];
        if (given.Count == 0) return null;
        return given is [{ Length: > 0 and <= MaxKeyLength } key] && key.All(c => c is > ' ' and <= '~')
            ? key
            : throw new VolumeException(ErrorCode.Invalid, $"{Header} must be one text of 1 to {MaxKeyLength} visible ASCII characters.");
    }

    /// <summary>What makes a request the same as another.</summary>
    public static byte[] Fingerprint(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path.Value}{request.QueryString.Value}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    /// <summary>What was answered to the request before; null where it is new.</summary>
    /// <exception cref="VolumeException">Conflict: the key was used for another request.</exception>
    public async Task<Answer?> FindAsync(UserId user, string key, byte[] request, CancellationToken cancellation)
    {
        var found = await database.FindAsync(
            $"SELECT request, answer FROM kept_answers WHERE user_id = {user} AND key = {key}", row => new { Request = row.Bytes(0), Answer = row.Text(1) },
            cancellation);
        if (found is null) return null;
        if (!found.Request.AsSpan().SequenceEqual(request))
            throw new VolumeException(ErrorCode.Conflict, $"This {Header} was used for another request. Use a new one for each change.");
        return JsonSerializer.Deserialize(protector.Unprotect(found.Answer), AnswerJson.Default.Answer)! with { IsRepeated = true };
    }

    /// <summary>Keeps an answer, in the transaction of the change; a later one to the same request takes its place.</summary>
    public Task KeepAsync(Transaction transaction, UserId user, string key, byte[] request, Answer answer, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO kept_answers (user_id, key, request, answer, created_at)
            VALUES ({user}, {key}, {request}, {protector.Protect(JsonSerializer.Serialize(answer, AnswerJson.Default.Answer))}, {time.GetUtcNow()})
            ON CONFLICT (user_id, key) DO UPDATE SET answer = excluded.answer
            """, cancellation);

    /// <summary>Drops those that nobody asks for any more.</summary>
    public async Task PruneAsync(CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync($"DELETE FROM kept_answers WHERE created_at < {time.GetUtcNow() - Retention}", cancellation);
        await transaction.CommitAsync();
    }
}

[JsonSerializable(typeof(Answer))]
sealed partial class AnswerJson : JsonSerializerContext;
