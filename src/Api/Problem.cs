namespace Octavo.Api;

/// <summary>An error, as <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Type">Always <c>about:blank</c>.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">A sentence: what was wrong and what would be right.</param>
/// <param name="Code">A fixed word for programs: invalid, unauthenticated, forbidden, not_found, already_exists, conflict,
/// quota_exceeded, unsupported, unavailable or internal.</param>
/// <param name="RequestId">The id under which the server's log tells the cause.</param>
public sealed record Problem(string Type, string Title, int Status, string Detail, string Code, string RequestId);
