using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Audit;

/// <summary>Which entries of the audit log; every field that is given must fit.</summary>
sealed record AuditFilter(
    string? User, string? Action, string? Subject, string? Operation, string? Outcome, DateTimeOffset? Since, DateTimeOffset? Until)
{
    static readonly QueryParameter OutcomeWord = new("outcome", "How it was answered.", Values: ["done", "accepted", "refused"]);

    /// <summary>Behind the question mark.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } =
    [
        new("user", "The user's name or id."),
        new("action", "The operation id of the API's description: DeleteVolume."),
        new("subject_id", "The id of what it was on."),
        new("operation_id", "The operation that does it."),
        OutcomeWord,
        new("since", "Not before this time.", QueryForm.Time),
        new("until", "Before this time.", QueryForm.Time),
    ];

    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    public static ValueTask<AuditFilter> BindAsync(HttpContext context) => ValueTask.FromResult(new AuditFilter(
        Query.Text(context, "user"), Query.Text(context, "action"), Query.Text(context, "subject_id"), Query.Text(context, "operation_id"),
        Query.Word(context, OutcomeWord), Query.Time(context, "since"), Query.Time(context, "until")));

    /// <summary>Of entries <c>a</c>.</summary>
    public Sql Matches =>
        $"""
        {Sql.If(User, $"(a.user_name = {User} OR a.user_id = {User})")} AND {Sql.If(Action, $"a.action = {Action}")}
        AND {Sql.If(Subject, $"a.subject_id = {Subject}")} AND {Sql.If(Operation, $"a.operation_id = {Operation}")}
        AND {Sql.If(Outcome, $"a.outcome = {Outcome}")} AND {Sql.If(Since, $"a.at >= {Since}")} AND {Sql.If(Until, $"a.at < {Until}")}
        """;
}
