using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary>Which operations; every field that is given must fit.</summary>
sealed record OperationFilter(string? State, string? Kind, string? Volume, string? Snapshot)
{
    static readonly Sql Indexed = $"account_id";
    static readonly Sql NotIndexed = $"+account_id";
    static readonly QueryParameter StateWord = new("state", "In this state.", Values: OperationState.All);

    /// <summary>Behind the question mark.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } =
    [
        StateWord,
        new("kind", "Of this kind: create-snapshot."),
        new("volume_id", "On this volume, by Octavo's id; those that are part of another too."),
        new("snapshot_id", "On this snapshot, by Octavo's id; those that are part of another too."),
    ];

    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    public static ValueTask<OperationFilter> BindAsync(HttpContext context) => ValueTask.FromResult(new OperationFilter(
        Query.Word(context, StateWord), Query.Text(context, "kind"), Query.Text(context, "volume_id"), Query.Text(context, "snapshot_id")));

    /// <summary>Whether it asks for one thing's operations.</summary>
    public bool IsOfOne => Volume is not null || Snapshot is not null;

    /// <summary>The column; with a sign before it where SQLite shall not walk through all of the account's for the few of a volume.</summary>
    public Sql AccountColumn => Volume is null ? Indexed : NotIndexed;

    /// <summary>That name it, and those that take snapshots of several volumes at one instant.</summary>
    Sql OfVolume(AccountId account) =>
        $"""
        id IN (SELECT o.id FROM operations o WHERE o.account_id = {account} AND o.volume_id = {Volume}
            UNION SELECT s.operation_id FROM volumes v JOIN snapshots s ON s.credential_id = v.credential_id AND s.provider_volume_id = v.provider_volume_id
            WHERE v.id = {Volume} AND s.operation_id IS NOT NULL)
        """;

    /// <summary>Of rows of <c>operations</c>.</summary>
    public Sql Matches(AccountId account) =>
        $"{Sql.If(State, $"state = {State}")} AND {Sql.If(Kind, $"kind = {Kind}")} AND {Sql.If(Volume, OfVolume(account))} AND {Sql.If(Snapshot, $"snapshot_id = {Snapshot}")}";
}
