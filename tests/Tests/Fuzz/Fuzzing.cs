using System.Globalization;
using System.Security.Cryptography;

namespace Octavo.Tests.Fuzz;

/// <summary>
/// Repeats something with one seed after the other: so many times in the short run, for a minute in the long one. What fails names its
/// seed; <c>OCTAVO_FUZZ_SEED=N</c> runs that one alone.
/// </summary>
static class Fuzzing
{
    const int FirstSeed = 20_111_231;
    static readonly TimeSpan LongRun = TimeSpan.FromSeconds(60);
    static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("OCTAVO_TEST_LONG") == "1";

    public static async Task RunAsync(int times, Func<Mutator, Task> once)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("OCTAVO_FUZZ_SEED"), CultureInfo.InvariantCulture, out var wanted))
        {
            await once(new Mutator(wanted));
            return;
        }
        // The long run begins somewhere else each time, or it would find the same things for ever.
        var first = IsLong ? RandomNumberGenerator.GetInt32(int.MaxValue / 2) : FirstSeed;
        var started = TimeProvider.System.GetTimestamp();
        var seed = first;
        for (; IsLong ? TimeProvider.System.GetElapsedTime(started) < LongRun : seed < first + times; seed++)
        {
            try
            {
                await once(new Mutator(seed)).WaitAsync(Hang, TimeProvider.System, TestContext.Current.CancellationToken);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{seed - first} inputs from seed {first}");
    }
}
