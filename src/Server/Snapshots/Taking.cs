using Octavo.Core;
using Octavo.Server.Operations;

namespace Octavo.Server.Snapshots;

/// <summary>The step <c>taking</c> of an operation that takes snapshots.</summary>
static class Taking
{
    const string Step = "taking";

    /// <summary>
    /// The step is the intent: an attempt that finds it may be the second to ask. Where the provider only asked to wait, nothing was taken, and
    /// the intent is withdrawn, so that the next attempt need not look for it.
    /// </summary>
    /// <param name="take">Asks the provider; told whether an earlier attempt may have been done.</param>
    public static async Task<T> RunAsync<T>(RunningOperation running, Func<bool, Task<T>> take, CancellationToken cancellation)
    {
        var mayBeTaken = running.Operation.Step == Step;
        if (!mayBeTaken) await running.StepAsync(Step, cancellation);
        try
        {
            return await take(mayBeTaken);
        }
        catch (VolumeException e) when (e.RetryAfter is not null && !mayBeTaken)
        {
            await running.StepAsync(Operation.FirstStep, cancellation);
            throw;
        }
    }
}
