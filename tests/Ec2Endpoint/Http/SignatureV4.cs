using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Octavo.Ec2.Http;

/// <summary>
/// Checks Signature Version 4, from AWS's documentation of it: what was signed is put together again from the request as it arrived, so a
/// client that signs one thing and sends another is refused.
/// </summary>
sealed class SignatureV4(Ec2Cloud cloud, TimeProvider time)
{
    const string Algorithm = "AWS4-HMAC-SHA256";
    static readonly TimeSpan LargestClockError = TimeSpan.FromMinutes(15);

    /// <summary>A day's keys by secret and scope: deriving one costs four hashes, and a client makes thousands of calls with it.</summary>
    readonly ConcurrentDictionary<(string Secret, string Scope), byte[]> signingKeys = new();

    /// <summary>Who calls, and which region and service the signature names.</summary>
    public sealed record Signer(Ec2Key Key, string Region);

    /// <summary>The signer of a request.</summary>
    /// <exception cref="Ec2Failure">The signature is missing, wrong, too old, or its key is unknown.</exception>
    public Signer Check(HttpRequest request, ReadOnlySpan<byte> body, string service, bool checksSignature)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0)
            throw new Ec2Failure("MissingAuthenticationToken", StatusCodes.Status403Forbidden, "Request is missing Authentication Token");
        var (credential, signedHeaders, signature) = Read(header);
        if (credential.Split('/') is not [var keyId, var date, var region, var signedService, "aws4_request"])
            throw Incomplete("Credential has to be KEY/DATE/REGION/SERVICE/aws4_request.");
        var key = cloud.FindKey(keyId);
        if (key is null || key.IsRevoked) throw Unknown(service);
        if (checksSignature)
        {
            if (signedService != service) throw Mismatch($"Credential should be scoped to correct service: '{service}'.");
            var instant = CheckTime(request, date);
            CheckToken(request, key, service);
            var canonical = Canonical(request, body, signedHeaders);
            var scope = $"{date}/{region}/{service}/aws4_request";
            var toSign = $"{Algorithm}\n{instant}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
            var right = Hex(HMACSHA256.HashData(SigningKey(key.Secret, date, region, service, scope), Encoding.UTF8.GetBytes(toSign)));
            if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(right), Encoding.ASCII.GetBytes(signature)))
                throw Mismatch("The request signature we calculated does not match the signature you provided.");
        }
        if (key.IsExpired)
            throw service == "ec2"
                ? Ec2Failure.Bad("RequestExpired", "Request has expired.")
                : new Ec2Failure(service == "sts" ? "ExpiredToken" : "ExpiredTokenException", StatusCodes.Status403Forbidden,
                    "The security token included in the request is expired");
        return new Signer(key, region);
    }

    static (string Credential, string[] SignedHeaders, string Signature) Read(string header)
    {
        if (!header.StartsWith(Algorithm + " ", StringComparison.Ordinal)) throw Incomplete($"The algorithm has to be {Algorithm}.");
        string? credential = null, signedHeaders = null, signature = null;
        foreach (var part in header[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) throw Incomplete($"\"{part}\" is not a name with a value.");
            var value = part[(equals + 1)..];
            switch (part[..equals])
            {
                case "Credential": credential = value; break;
                case "SignedHeaders": signedHeaders = value; break;
                case "Signature": signature = value; break;
            }
        }
        return credential is not null && signedHeaders is not null && signature is not null
            ? (credential, signedHeaders.Split(';'), signature)
            : throw Incomplete("Credential, SignedHeaders and Signature are all needed.");
    }

    string CheckTime(HttpRequest request, string date)
    {
        var text = request.Headers["x-amz-date"].ToString();
        if (!DateTimeOffset.TryParseExact(text, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant))
            throw Incomplete("X-Amz-Date is missing or is not a time.");
        if (!text.StartsWith(date, StringComparison.Ordinal))
            throw Mismatch("Date in Credential scope does not match the date of X-Amz-Date.");
        if ((time.GetUtcNow() - instant).Duration() > LargestClockError)
            throw Ec2Failure.Bad("RequestExpired", $"Request has expired. Timestamp date is {text}.");
        return text;
    }

    static void CheckToken(HttpRequest request, Ec2Key key, string service)
    {
        var token = request.Headers["x-amz-security-token"].ToString();
        if (token != (key.SessionToken ?? "")) throw Unknown(service);
    }

    static string Canonical(HttpRequest request, ReadOnlySpan<byte> body, string[] signedHeaders)
    {
        var hash = Hex(SHA256.HashData(body));
        if (request.Headers["x-amz-content-sha256"].ToString() is { Length: > 0 } given && given != hash)
            throw Mismatch("The body's hash is not the one in x-amz-content-sha256.");
        if (!signedHeaders.Contains("host") || !signedHeaders.Contains("x-amz-date"))
            throw Mismatch("Host and X-Amz-Date have to be signed.");
        if (request.Headers.ContainsKey("x-amz-security-token") && !signedHeaders.Contains("x-amz-security-token"))
            throw Mismatch("X-Amz-Security-Token has to be signed.");
        var text = new StringBuilder();
        text.Append(request.Method).Append('\n').Append(request.Path.ToUriComponent()).Append('\n');
        text.AppendJoin('&', request.QueryString.Value!.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Contains('=', StringComparison.Ordinal) ? p : p + "=").Order(StringComparer.Ordinal)).Append('\n');
        foreach (var name in signedHeaders)
            text.Append(name).Append(':').AppendJoin(',', request.Headers[name].Select(Collapse)).Append('\n');
        return text.Append('\n').AppendJoin(';', signedHeaders).Append('\n').Append(hash).ToString();
    }

    /// <summary>A header's value as it is signed: no blanks around it, and one in the place of several.</summary>
    static string Collapse(string? value)
    {
        var trimmed = (value ?? "").Trim();
        return trimmed.Contains("  ", StringComparison.Ordinal)
            ? string.Join(' ', trimmed.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            : trimmed;
    }

    byte[] SigningKey(string secret, string date, string region, string service, string scope) =>
        signingKeys.GetOrAdd((secret, scope), _ =>
        {
            var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes("AWS4" + secret), Encoding.UTF8.GetBytes(date));
            foreach (var part in new[] { region, service, "aws4_request" }) key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
            return key;
        });

    static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>How a service says that it does not know a key, or not in this region.</summary>
    public static Ec2Failure Unknown(string service) => service == "ec2"
        ? new Ec2Failure("AuthFailure", StatusCodes.Status401Unauthorized, "AWS was not able to validate the provided access credentials")
        : new Ec2Failure(service == "sts" ? "InvalidClientTokenId" : "UnrecognizedClientException", StatusCodes.Status403Forbidden,
            "The security token included in the request is invalid.");

    static Ec2Failure Mismatch(string message) => new("SignatureDoesNotMatch", StatusCodes.Status403Forbidden, message);

    static Ec2Failure Incomplete(string message) => Ec2Failure.Bad("IncompleteSignature", message);
}
