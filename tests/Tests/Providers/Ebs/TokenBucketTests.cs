using Microsoft.Extensions.Time.Testing;
using Octavo.Providers.Ebs;

namespace Octavo.Tests.Providers.Ebs;

public class TokenBucketTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly FakeTimeProvider time = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_in_the_bucket_is_taken_at_once_and_the_rest_in_its_turn()
    {
        var bucket = new TokenBucket(time, 2, 5);
        var taken = Enumerable.Range(0, 4).Select(_ => bucket.TakeAsync(Patience, Cancellation)).ToList();

        taken.Select(t => t.IsCompleted).ShouldBe([true, true, false, false]);
        time.Advance(TimeSpan.FromMilliseconds(201));
        await taken[2];
        taken[3].IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromMilliseconds(201));
        await taken[3];
    }

    [Fact]
    public async Task Who_would_wait_too_long_is_told_how_long_and_takes_nothing()
    {
        var bucket = new TokenBucket(time, 1, 0.1);
        await bucket.TakeAsync(Patience, Cancellation);

        (await bucket.TakeAsync(TimeSpan.FromSeconds(9), Cancellation)).ShouldNotBeNull().TotalSeconds.ShouldBe(10, 0.001);
        time.Advance(TimeSpan.FromSeconds(10));
        (await bucket.TakeAsync(TimeSpan.Zero, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Who_gives_up_leaves_its_place_to_the_next()
    {
        var bucket = new TokenBucket(time, 1, 1);
        await bucket.TakeAsync(Patience, Cancellation);
        using var cancel = new CancellationTokenSource();
        var first = bucket.TakeAsync(Patience, cancel.Token);
        var second = bucket.TakeAsync(Patience, Cancellation);

        await cancel.CancelAsync();
        time.Advance(TimeSpan.FromSeconds(1.01));

        await Should.ThrowAsync<OperationCanceledException>(first);
        await second;
    }

    [Fact]
    public async Task A_throttle_empties_the_bucket_and_slows_it_and_time_without_one_brings_the_rate_back()
    {
        var bucket = new TokenBucket(time, 100, 10);
        bucket.Wait.ShouldBe(TimeSpan.Zero);

        bucket.Throttled(time.GetTimestamp());
        bucket.Wait.ShouldBe(TimeSpan.FromSeconds(0.5));
        bucket.Throttled(time.GetTimestamp());
        bucket.Wait.ShouldBe(TimeSpan.FromSeconds(1));

        time.Advance(TimeSpan.FromMinutes(5));
        bucket.Succeeded();
        for (var i = 0; i < 100; i++) (await bucket.TakeAsync(TimeSpan.Zero, Cancellation)).ShouldBeNull();
        bucket.Wait.TotalSeconds.ShouldBe(0.1, 0.001);
    }

    [Fact]
    public void Throttles_of_requests_that_were_under_way_together_count_once()
    {
        var bucket = new TokenBucket(time, 100, 10);
        var sentAt = time.GetTimestamp();
        time.Advance(TimeSpan.FromMilliseconds(50));

        for (var i = 0; i < 20; i++) bucket.Throttled(sentAt);

        bucket.Wait.ShouldBe(TimeSpan.FromSeconds(0.5));
    }
}
