using Octavo.Core;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>What tests of failures share: a runner's patience, and the watch over secrets.</summary>
public abstract class EbsFaults : IAsyncLifetime
{
    /// <summary>Attempts after which a runner of operations would give up too.</summary>
    const int MaxAttempts = 50;

    internal EbsUnderTest Ebs { get; private set; } = null!;

    protected IVolumeProvider Provider => Ebs.Provider;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Ebs = await EbsUnderTest.StartAsync(Clock());

    public async ValueTask DisposeAsync()
    {
        ShouldHoldNoSecret(Ebs.Log.Text);
        await Ebs.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The clock to live by; null for one that never waits.</summary>
    protected virtual TimeProvider? Clock() => null;

    /// <summary>Fails as it should, and says no secret in doing so.</summary>
    protected async Task<VolumeException> ShouldFailAsync(ErrorCode code, Func<Task> call)
    {
        var failure = await Should.ThrowAsync<VolumeException>(call);
        failure.Code.ShouldBe(code, failure.Message);
        failure.Message.ShouldEndWith(".");
        ShouldHoldNoSecret(failure.ToString());
        return failure;
    }

    /// <summary>
    /// Does something as the operation runner does: a wait is waited for, trouble is tried again, anything else is a failure.
    /// </summary>
    /// <param name="call">Told whether an earlier attempt may have been done.</param>
    protected async Task<T> RunAsync<T>(Func<bool, Task<T>> call)
    {
        var mayBeDone = false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call(mayBeDone);
            }
            catch (VolumeException e) when (e.RetryAfter is { } wait)
            {
                ShouldHoldNoSecret(e.ToString());
                await Task.Delay(wait, Ebs.Time, Cancellation);
            }
            catch (VolumeException e) when (e.IsTransient && attempt < MaxAttempts)
            {
                ShouldHoldNoSecret(e.ToString());
                mayBeDone = true;
                await Task.Delay(TimeSpan.FromSeconds(1), Ebs.Time, Cancellation);
            }
        }
    }

    /// <summary>Deletes a volume and follows it to its end, as the runner does.</summary>
    protected async Task DeleteAsync(string volume)
    {
        var operation = OperationId.New();
        while (!await RunAsync(_ => Provider.DeleteVolumeAsync(Ebs.Cell, new ProviderVolumeId(volume), operation, Cancellation)))
            await Task.Delay(TimeSpan.FromSeconds(1), Ebs.Time, Cancellation);
    }

    protected async Task<List<ProviderVolume>> VolumesAsync()
    {
        var all = new List<ProviderVolume>();
        string? token = null;
        do
        {
            var page = await Provider.ListVolumesAsync(Ebs.Cell, new PageRequest(500, token), Cancellation);
            all.AddRange(page.Items);
            token = page.NextToken;
        }
        while (token is not null);
        return all;
    }

    void ShouldHoldNoSecret(string text)
    {
        foreach (var key in Ebs.Endpoint.Cloud.Keys)
        {
            text.ShouldNotContain(key.Secret);
            if (key.SessionToken is { } token) text.ShouldNotContain(token);
        }
    }
}
