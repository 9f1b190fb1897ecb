using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary>Which operations; every field that is given must fit.</summary>
sealed record OperationFilter(string? State, string? Kind, string? Volume, string? Snapshot)
{
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

    /// <summary>Of rows of <c>operations</c>.</summary>
    public Sql Matches =>
        $"""
        ({State} IS NULL OR state = {State}) AND ({Kind} IS NULL OR kind = {Kind}) AND ({Volume} IS NULL OR volume_id = {Volume})
        AND ({Snapshot} IS NULL OR snapshot_id = {Snapshot})
        """;
}
