namespace Octavo.Ec2.Faults;

/// <summary>Chance with a seed that is named: one seed and one order of calls give one run.</summary>
sealed class Chance(int seed)
{
#pragma warning disable RS0030 // The seed is named.
    readonly Random random = new(seed);
#pragma warning restore RS0030
    readonly Lock gate = new();

    /// <summary>True with a probability from 0 to 1; draws nothing where it is 0, so that what is off moves nothing else.</summary>
    public bool Hits(double probability)
    {
        if (probability <= 0) return false;
        lock (gate) return random.NextDouble() < probability;
    }

    /// <summary>From 0 up to but not with a bound.</summary>
    public int Below(int bound)
    {
        lock (gate) return random.Next(bound);
    }

    public void Shuffle<T>(Span<T> items)
    {
        lock (gate) random.Shuffle(items);
    }
}
