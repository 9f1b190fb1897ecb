namespace Octavo.EndToEnd.Support;

/// <summary>Waits for another process to come to something, up to a bound.</summary>
static class Eventually
{
    static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks until the answer is not null; past the bound, fails and says what was awaited.</summary>
    public static Task<T> GetAsync<T>(string what, Func<Task<T?>> ask) where T : class => GetAsync(what, ask, Bound);

    /// <summary>The same with a bound of its own.</summary>
    public static async Task<T> GetAsync<T>(string what, Func<Task<T?>> ask, TimeSpan bound) where T : class
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await ask() is { } answer) return answer;
            if (TimeProvider.System.GetElapsedTime(began) > bound) throw new TimeoutException($"Not within {bound}: {what}.");
            await Task.Delay(Between, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
