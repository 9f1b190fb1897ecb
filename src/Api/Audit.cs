namespace Octavo.Api;

/// <summary>One entry of an account's audit log: a change that was asked for, or a refusal. Times are UTC.</summary>
/// <param name="Id">Rises with time.</param>
/// <param name="At">When.</param>
/// <param name="User">Who; null where the service acted by itself.</param>
/// <param name="UserId">The same, by id.</param>
/// <param name="Token">By which of the user's tokens.</param>
/// <param name="Via"><c>v1</c>, <c>v2</c> or <c>console</c>.</param>
/// <param name="Address">From which network address.</param>
/// <param name="Action">What, as the operation ids of the API's description: <c>DeleteVolume</c>.</param>
/// <param name="SubjectKind">On what: volume, snapshot, credential, user, token, account, operation; null where nothing is named.</param>
/// <param name="SubjectId">Its id.</param>
/// <param name="SubjectName">Its name at that time.</param>
/// <param name="Detail">What else was asked, in words.</param>
/// <param name="Outcome">done: it is so; accepted: the operation does it; refused.</param>
/// <param name="Status">The HTTP status that was answered.</param>
/// <param name="Message">Why it was refused.</param>
/// <param name="OperationId">The operation that does it.</param>
/// <param name="OperationState">How that ended, or how it stands; null without one and where it is no longer kept.</param>
/// <param name="RequestId">The id under which the server's log tells more.</param>
public sealed record AuditEntry(
    long Id, DateTimeOffset At, string? User, string? UserId, string? Token, string Via, string? Address, string Action, string? SubjectKind,
    string? SubjectId, string? SubjectName, string? Detail, string Outcome, int Status, string? Message, string? OperationId,
    string? OperationState, string RequestId);
