using Octavo.Engine.Nbd;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>For how many requests a connection waits, beside clients that always have so many of them under way.</summary>
public sealed class GatheringTests
{
    [Fact]
    public void Who_asks_one_thing_after_the_other_is_next_to_never_kept_waiting()
    {
        var gathering = new Gathering();

        Misses(gathering, depth: 1, rounds: 10 * Gathering.RoundsBetween).ShouldBeInRange(1, 10);
    }

    [Theory, InlineData(2, 1), InlineData(4, 2), InlineData(8, 4), InlineData(11, 5)]
    public void Half_of_what_a_client_asks_for_at_once_is_waited_for(int depth, int half)
    {
        var gathering = new Gathering();

        Misses(gathering, depth, rounds: Gathering.RoundsBetween).ShouldBe(1);
        gathering.Wanted.ShouldBe(half);
    }

    [Fact]
    public void Of_many_there_is_a_limit()
    {
        var gathering = new Gathering();

        Misses(gathering, depth: 32, rounds: 1000).ShouldBe(0);
        gathering.Wanted.ShouldBe(Gathering.Most);
    }

    [Fact]
    public void A_client_that_comes_to_ask_for_more_is_found_out()
    {
        var gathering = new Gathering();
        Misses(gathering, depth: 1, rounds: 1000);

        Misses(gathering, depth: 32, rounds: Gathering.RoundsBetween + Gathering.Most).ShouldBe(0);
        gathering.Wanted.ShouldBe(Gathering.Most);
    }

    static int Misses(Gathering gathering, int depth, int rounds)
    {
        var misses = 0;
        for (var round = 0; round < rounds; round++)
        {
            if (gathering.Wanted <= depth)
            {
                gathering.Came();
            }
            else
            {
                gathering.Missed(depth);
                misses++;
            }
        }
        return misses;
    }
}
