namespace Octavo.Server.Inventory;

/// <summary>Puts together what a filter asks of a row.</summary>
sealed class RowTests<T>(InventoryIndex index) where T : struct, IRow
{
    public delegate string? TextOf(in T row);
    public delegate int[] TagsOf(in T row);
    public delegate ulong BitsOf(in T row);
    public delegate bool PartOf(SearchTexts texts, in T row, byte[] wanted);

    readonly List<RowTest<T>> tests = [];

    /// <summary>It must pass this.</summary>
    public void Add(RowTest<T> test) => tests.Add(test);

    /// <summary>Its text must be this one, if one is wanted. Texts of rows are shared: what no row has matches none.</summary>
    public void Same(string? wanted, TextOf of)
    {
        if (wanted is null) return;
        var shared = index.Texts.Find(wanted);
        tests.Add(shared is null ? (in _) => false : (in row) => ReferenceEquals(of(in row), shared));
    }

    /// <summary>It must have each of these tags.</summary>
    public void Tagged(IReadOnlyDictionary<string, string>? wanted, TagsOf tagsOf, BitsOf bitsOf)
    {
        if (wanted is not { Count: > 0 }) return;
        int[] numbers = [.. wanted.Select(tag => index.Tags.Find(tag.Key, tag.Value))];
        if (numbers.Contains(-1))
        {
            tests.Add((in _) => false);
            return;
        }
        var bits = SharedTags.Bits(numbers);
        tests.Add((in row) => (bitsOf(in row) & bits) == bits && !numbers.AsSpan().ContainsAnyExcept(tagsOf(in row)));
    }

    /// <summary>It must have this part of a text, if one is wanted.</summary>
    public void Part(string? wanted, PartOf has)
    {
        if (wanted is null) return;
        var (texts, bytes) = (index.Search, SearchTexts.Wanted(wanted));
        tests.Add((in row) => has(texts, in row, bytes));
    }

    /// <summary>All of them together.</summary>
    public RowTest<T> All()
    {
        if (tests.Count == 1) return tests[0];
        RowTest<T>[] all = [.. tests];
        return (in row) =>
        {
            foreach (var test in all)
                if (!test(in row)) return false;
            return true;
        };
    }
}
