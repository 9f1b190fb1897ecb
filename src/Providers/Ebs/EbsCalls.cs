using System.Diagnostics;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// How every request is made: a token of its bucket first; a throttle, which is a request certainly not done, waits for the bucket and is repeated;
/// reads are repeated too where the connection or AWS failed. Changes are not: whoever makes one knows how to find out what became of it.
/// </summary>
sealed class EbsCalls(ApiBudget budget, EbsMetrics metrics, TimeProvider time, ILogger<EbsCalls> log)
{
    /// <summary>Throttles in a row after which the caller is told to come back, so that its slot is free for other work.</summary>
    const int MaxThrottles = 6;

    /// <summary>
    /// A change waits no longer in line than this; it comes back later instead. Work for one busy cell would otherwise hold everything that runs
    /// operations.
    /// </summary>
    static readonly TimeSpan ChangePatience = TimeSpan.FromSeconds(25);

    /// <summary>A read of the inventory has time.</summary>
    static readonly TimeSpan ReadPatience = TimeSpan.FromMinutes(10);

    static readonly TimeSpan ShortestReturn = TimeSpan.FromSeconds(1);

    /// <summary>Between the tries of a read.</summary>
    static readonly TimeSpan[] ReadPauses = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)];

    /// <summary>Makes a request that changes nothing.</summary>
    public Task<T> ReadAsync<T>(CallTarget target, Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
        where T : AmazonWebServiceResponse =>
        CallAsync(target, call, ReadPatience, ReadPauses, cancellation);

    /// <summary>
    /// Makes a request that changes something, once. <see cref="ErrorCode.Unavailable"/> without a
    /// <see cref="VolumeException.RetryAfter"/> means that nobody knows whether it was done.
    /// </summary>
    public Task<T> ChangeAsync<T>(CallTarget target, Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
        where T : AmazonWebServiceResponse =>
        CallAsync(target, call, ChangePatience, [], cancellation);

    async Task<T> CallAsync<T>(
        CallTarget target, Func<CancellationToken, Task<T>> call, TimeSpan patience, TimeSpan[] pauses, CancellationToken cancellation)
        where T : AmazonWebServiceResponse
    {
        var bucket = budget.Of(target.Account, target.Region, target.Action);
        var (throttles, failures) = (0, 0);
        while (true)
        {
            if (await bucket.TakeAsync(patience, cancellation) is { } wait)
                throw new VolumeException(ErrorCode.Unavailable,
                    $"{target.Who} allows no more requests of {target.Action} in {target.Region} for now; Octavo goes on in {wait.TotalSeconds:0} s.")
                {
                    RetryAfter = wait,
                };
            using var span = Instrumentation.Source.StartActivity(target.Action, ActivityKind.Client);
            span?.SetTag("rpc.system.name", "aws-api").SetTag("cloud.account.id", target.Account).SetTag("cloud.region", target.Region);
            var sentAt = time.GetTimestamp();
            EbsFailure failure;
            try
            {
                var answer = await call(cancellation);
                // To the SDK's parser a well-formed page of a proxy is an empty list: as such it would say that everything is gone.
                if (string.IsNullOrEmpty(answer.ResponseMetadata?.RequestId)) throw new FormatException("The answer names no request.");
                bucket.Succeeded();
                metrics.Called(target, null, time.GetElapsedTime(sentAt));
                span?.SetTag("aws.request_id", answer.ResponseMetadata.RequestId);
                return answer;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e) when (e is not VolumeException)
            {
                // The SDK throws whatever its parsers throw; all of it ends here.
                failure = EbsFailure.Read(e);
            }
            metrics.Called(target, failure.Kind, time.GetElapsedTime(sentAt));
            span?.SetTag("aws.request_id", failure.RequestId).SetTag("error.type", failure.Code ?? failure.Kind.ToString()).SetStatus(ActivityStatusCode.Error).Stop();
            switch (failure.Kind)
            {
                case EbsFailureKind.Throttled:
                    bucket.Throttled(sentAt);
                    throttles++;
                    log.LogDebug("Throttled: {Action} in {Region} of {Account}, {Throttles} in a row",
                        target.Action, target.Region, target.Account, throttles);
                    if (throttles == MaxThrottles)
                        throw failure.ToVolumeException(target, bucket.Wait > ShortestReturn ? bucket.Wait : ShortestReturn);
                    break;
                case EbsFailureKind.Unknown when failures < pauses.Length:
                    await Task.Delay(pauses[failures++], time, cancellation);
                    break;
                default:
                    throw failure.ToVolumeException(target);
            }
        }
    }
}
