using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;

namespace Octavo.Providers.Ebs;

/// <summary>
/// Signature Version 4, from AWS's documentation of it, for a service that the SDK has no client for here. The SDK's own signer is a part of its
/// inside, and signs its own requests only.
/// </summary>
static class SignatureV4
{
    const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Signs a request.</summary>
    /// <param name="request">Its address has no query, and nothing in its path that has to be escaped.</param>
    /// <param name="body">What it will send; empty for nothing.</param>
    public static void Sign(
        HttpRequestMessage request, ReadOnlySpan<byte> body, ImmutableCredentials signer, string region, string service, DateTimeOffset now)
    {
        var address = request.RequestUri!;
        var instant = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        SortedDictionary<string, string> headers = new(StringComparer.Ordinal) { ["host"] = address.Authority, ["x-amz-date"] = instant };
        if (!string.IsNullOrEmpty(signer.Token)) headers["x-amz-security-token"] = signer.Token;
        var names = string.Join(';', headers.Keys);
        var lines = string.Concat(headers.Select(h => $"{h.Key}:{h.Value}\n"));
        var canonical = $"{request.Method}\n{address.AbsolutePath}\n\n{lines}\n{names}\n{Hash(body)}";
        var scope = $"{instant[..8]}/{region}/{service}/aws4_request";
        var toSign = $"{Algorithm}\n{instant}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(canonical))}";
        var key = scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4" + signer.SecretKey), Keyed);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation("Authorization",
            $"{Algorithm} Credential={signer.AccessKey}/{scope}, SignedHeaders={names}, Signature={Convert.ToHexStringLower(Keyed(key, toSign))}");
    }

    static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    static byte[] Keyed(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
