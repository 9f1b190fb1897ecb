namespace Octavo.Server;

/// <summary>
/// Ends the wait of one loop early. It says only "look now", and is remembered where the loop is not waiting; what is true is in the tables, so
/// that a loop which is woken and one which looks by itself do the same.
/// </summary>
sealed class WakeUp : IDisposable
{
    readonly SemaphoreSlim calls = new(0, 1);

    /// <summary>There may be something to do.</summary>
    public void Call()
    {
        try
        {
            calls.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    /// <summary>Waits for the next <see cref="Call"/>, or the time.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            await calls.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The time is over: look anyway.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => calls.Dispose();
}
