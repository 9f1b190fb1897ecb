using Octavo.Server.Inventory;

namespace Octavo.Tests.Server;

public sealed class SortKeyTests
{
    const string Letters = "ab\0~\u00fe\u00ff\u0100中\ud83d\ude00";

    [Fact]
    public void Keys_of_texts_are_ordered_as_the_texts_are_whatever_stands_in_them()
    {
        var random = new Random(20261125);
        string Text() => new([.. Enumerable.Range(0, random.Next(12)).Select(_ => Letters[random.Next(random.Next(2) == 0 ? 2 : Letters.Length)])]);
        for (var i = 0; i < 200_000; i++)
        {
            var (one, other) = (Text(), Text());
            Math.Sign(SortKey.Of(one, 1).Compare(SortKey.Of(other, 1), 1)).ShouldBe(Math.Sign(string.CompareOrdinal(one, other)), $"\"{one}\" \"{other}\"");
        }
    }
}
