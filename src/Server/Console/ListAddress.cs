namespace Octavo.Server.Console;

/// <summary>The address of a list as it is shown: its path and what stands behind the question mark, so that links can change a part of it.</summary>
/// <param name="Path">The path.</param>
/// <param name="Given">What is given and not empty.</param>
public sealed record ListAddress(string Path, IReadOnlyDictionary<string, string> Given)
{
    const string Sort = "sort";
    const string PageToken = "page_token";

    internal static ListAddress Of(HttpContext context) => new(
        context.Request.Path, context.Request.Query.Where(q => q.Value.ToString().Length > 0).ToDictionary(q => q.Key, q => q.Value.ToString()));

    /// <summary>A value; null where it is not given.</summary>
    public string? this[string name] => Given.GetValueOrDefault(name);

    /// <summary>The whole address.</summary>
    public string Whole => Texts.Link(Path, Given.Select(g => (g.Key, (string?)g.Value)));

    /// <summary>Whether anything but the order and the place in it is asked for.</summary>
    public bool IsFiltered => Given.Keys.Any(key => key is not (Sort or PageToken or "limit"));

    /// <summary>Whether this is the first page.</summary>
    public bool IsFirst => this[PageToken] is null;

    /// <summary>The first page of the same.</summary>
    public string First => With(PageToken, null);

    /// <summary>The next page of the same.</summary>
    public string Next(string token) => With(PageToken, token);

    /// <summary>The same in the order of a word, and the other way round where it is in that order already.</summary>
    /// <param name="isLargestFirst">Whether the first look at it is the largest first.</param>
    public string SortedBy(string word, bool isLargestFirst)
    {
        var (first, second) = isLargestFirst ? ("-" + word, word) : (word, "-" + word);
        return Texts.Link(
            Path, Given.Where(g => g.Key is not (Sort or PageToken)).Select(g => (g.Key, (string?)g.Value)).Append((Sort, this[Sort] == first ? second : first)));
    }

    /// <summary>How a column says that the list is ordered by it; null where it is not.</summary>
    public string? Order(string word) => this[Sort] == word ? "ascending" : this[Sort] == "-" + word ? "descending" : null;

    string With(string name, string? value) =>
        Texts.Link(Path, Given.Where(g => g.Key != name).Select(g => (g.Key, (string?)g.Value)).Append((name, value)));
}
