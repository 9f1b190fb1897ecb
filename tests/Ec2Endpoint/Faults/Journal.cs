using System.Collections.Concurrent;

namespace Octavo.Ec2.Faults;

/// <summary>A change that was really done, whether or not its reply arrived.</summary>
/// <param name="Id">What was made, deleted or changed.</param>
/// <param name="Source">What a snapshot or a volume was made of, or the instance; null where there is none.</param>
/// <param name="Tags">The tags it was made with.</param>
public sealed record Mutation(
    DateTimeOffset At, string Account, string Region, string Action, string Id, string? Source, IReadOnlyList<Ec2Tag> Tags);

/// <summary>One action's figures.</summary>
/// <param name="Calls">All calls, with those that failed or were lost.</param>
/// <param name="Done">Calls that were done; with lost replies, more than the client knows of.</param>
/// <param name="MostAtOnce">The most calls that were under way at one time.</param>
/// <param name="Errors">Answers by code, throttles among them.</param>
public sealed record ActionFigures(
    long Calls, long Done, long Throttled, long LostReplies, long LostRequests, int MostAtOnce, IReadOnlyDictionary<string, long> Errors);

/// <summary>What was called and what was done.</summary>
public sealed class Journal
{
    readonly ConcurrentDictionary<string, Counter> counters = new(StringComparer.Ordinal);
    ConcurrentQueue<Mutation> mutations = new();
    readonly Counter all = new();

    /// <summary>Every change in the order it was done.</summary>
    public IReadOnlyList<Mutation> Mutations => [.. mutations];

    /// <summary>An action's figures; zeros where it was never called.</summary>
    public ActionFigures this[string action] => (counters.GetValueOrDefault(action) ?? new Counter()).Read();

    /// <summary>All calls together.</summary>
    public ActionFigures Total => all.Read();

    /// <summary>The actions that were called.</summary>
    public IEnumerable<string> Actions => counters.Keys.Order(StringComparer.Ordinal);

    /// <summary>Begins all figures anew; call it while nothing is under way.</summary>
    public void Clear()
    {
        counters.Clear();
        all.Clear();
        mutations = new ConcurrentQueue<Mutation>();
    }

    internal void Record(Mutation mutation) => mutations.Enqueue(mutation);

    internal void Begin(string action)
    {
        all.Begin();
        counters.GetOrAdd(action, _ => new Counter()).Begin();
    }

    internal void End(string action, Ending ending, string? code)
    {
        all.End(ending, code);
        counters.GetOrAdd(action, _ => new Counter()).End(ending, code);
    }

    sealed class Counter
    {
        readonly Lock gate = new();
        readonly Dictionary<string, long> errors = new(StringComparer.Ordinal);
        long calls, done, lostReplies, lostRequests;
        int atOnce, mostAtOnce;

        public void Begin()
        {
            lock (gate)
            {
                calls++;
                mostAtOnce = Math.Max(mostAtOnce, ++atOnce);
            }
        }

        public void End(Ending ending, string? code)
        {
            lock (gate)
            {
                atOnce--;
                if (ending is Ending.Done or Ending.LostReply) done++;
                if (ending is Ending.LostReply) lostReplies++;
                if (ending is Ending.LostRequest) lostRequests++;
                if (code is not null) errors[code] = errors.GetValueOrDefault(code) + 1;
            }
        }

        public void Clear()
        {
            lock (gate)
            {
                (calls, done, lostReplies, lostRequests, mostAtOnce) = (0, 0, 0, 0, 0);
                errors.Clear();
            }
        }

        public ActionFigures Read()
        {
            lock (gate)
                return new ActionFigures(calls, done, errors.GetValueOrDefault("RequestLimitExceeded"), lostReplies, lostRequests,
                    mostAtOnce, new SortedDictionary<string, long>(errors, StringComparer.Ordinal));
        }
    }
}

/// <summary>How a call ended.</summary>
enum Ending
{
    Done,
    Failed,
    LostReply,
    LostRequest,
}
