using System.Text.Json.Serialization.Metadata;

namespace Octavo.Cli;

/// <summary>How items of one kind are listed.</summary>
/// <param name="Shape">As JSON.</param>
/// <param name="Columns">The headings, the columns that matter most first: a narrow terminal shows only those.</param>
/// <param name="Cells">What stands under them.</param>
/// <param name="Id">What an item is known by.</param>
/// <param name="WhenEmpty">What to do where there is nothing, for people on a terminal.</param>
sealed record Listing<T>(
    JsonTypeInfo<T> Shape, string[] Columns, Func<T, string?[]> Cells, Func<T, string> Id, string? WhenEmpty = null);
