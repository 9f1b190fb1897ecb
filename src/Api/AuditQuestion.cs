namespace Octavo.Api;

/// <summary>Which entries of the audit log; every field that is given must fit.</summary>
/// <param name="User">By this user: name or id.</param>
/// <param name="Action">This, as the operation ids of the API's description: <c>DeleteVolume</c>.</param>
/// <param name="SubjectId">On this, by its id.</param>
/// <param name="OperationId">Done by this operation.</param>
/// <param name="Outcome">done, accepted or refused.</param>
/// <param name="Since">Not before this time.</param>
/// <param name="Until">Before this time.</param>
public sealed record AuditQuestion(
    string? User = null, string? Action = null, string? SubjectId = null, string? OperationId = null, string? Outcome = null,
    DateTimeOffset? Since = null, DateTimeOffset? Until = null);
