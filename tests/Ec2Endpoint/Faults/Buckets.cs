namespace Octavo.Ec2.Faults;

/// <summary>A bucket's size in requests and what comes back each second.</summary>
readonly record struct Budget(int Size, int PerSecond);

/// <summary>The token buckets of one account in one region, one for each action and kind of call.</summary>
sealed class Buckets(TimeProvider time)
{
    readonly Lock gate = new();
    readonly Dictionary<string, (double Tokens, long At)> buckets = new(StringComparer.Ordinal);

    /// <summary>Takes a token; false where none is left.</summary>
    public bool TryTake(string name, Budget budget, double scale)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            var size = Math.Max(1, budget.Size * scale);
            var tokens = buckets.TryGetValue(name, out var bucket)
                ? Math.Min(size, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * budget.PerSecond * scale))
                : size;
            var isTaken = tokens >= 1;
            buckets[name] = (isTaken ? tokens - 1 : tokens, now);
            return isTaken;
        }
    }
}
