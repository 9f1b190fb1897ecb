namespace Octavo.Providers.Ebs;

/// <summary>Gathers single questions of one kind for a moment and asks them as one.</summary>
/// <param name="most">So many keys fit into one question.</param>
/// <param name="ask">Answers for those keys that there is an answer for.</param>
sealed class Coalescer<TAnswer>(
    int most, TimeSpan gather, TimeProvider time, Func<IReadOnlyCollection<string>, Task<IReadOnlyDictionary<string, TAnswer>>> ask)
    where TAnswer : class
{
    readonly Lock gate = new();
    Batch? gathering;

    /// <summary>The answer for a key; null where there is none. One caller's cancellation ends only that caller's wait.</summary>
    public async Task<TAnswer?> FindAsync(string key, CancellationToken cancellation)
    {
        Batch batch;
        var (isNew, isFull) = (false, false);
        lock (gate)
        {
            if (gathering is null)
            {
                gathering = new Batch();
                isNew = true;
            }
            batch = gathering;
            batch.Keys.Add(key);
            if (batch.Keys.Count == most)
            {
                gathering = null;
                isFull = true;
            }
        }
        if (isFull) _ = AskAsync(batch);
        else if (isNew) _ = AskLaterAsync(batch);
        return (await batch.Answers.Task.WaitAsync(cancellation)).GetValueOrDefault(key);
    }

    async Task AskLaterAsync(Batch batch)
    {
        await Task.Delay(gather, time);
        lock (gate)
        {
            if (gathering != batch) return;
            gathering = null;
        }
        await AskAsync(batch);
    }

    async Task AskAsync(Batch batch)
    {
        try
        {
            batch.Answers.SetResult(await ask(batch.Keys));
        }
        catch (Exception e)
        {
            // Handed on to everybody who waits.
            batch.Answers.SetException(e);
        }
    }

    sealed class Batch
    {
        public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

        public TaskCompletionSource<IReadOnlyDictionary<string, TAnswer>> Answers { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
