using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Kills;

/// <summary>
/// The server is killed as it enters the nth call that changes the disk, for each call of the API and for n = 1, 2, 3 … until the
/// call survives; a spread of those in the short run. After each death the next process must have everything that was
/// acknowledged, nothing that is half made, and no space lost.
/// </summary>
public abstract class KillTests
{
    /// <summary>Deaths of one call in the short run.</summary>
    const int Spread = 10;

    /// <summary>The long run ends when so many deaths in a row came too late: the number of calls varies with what else the server does.</summary>
    const int SurvivalsToEnd = 3;

    /// <summary>What a pool may take more than after the undisturbed run: folders grow by blocks of their own.</summary>
    const long ToleranceBytes = 64 << 10;

    private protected static async Task RunAsync(Func<KillScenario> start)
    {
        using var folder = new TemporaryFolder();
        await using var run = new KillRun(folder["data"]);
        await run.StartAsync();
        var undisturbed = await run.DieAsync(start(), int.MaxValue);
        undisturbed.Calls.ShouldBeGreaterThan(Spread, "the tracer saw the call's work");

        var survivals = 0;
        for (var i = 1; Build.IsLong ? survivals < SurvivalsToEnd : i <= Spread; i++)
        {
            var killAt = Build.IsLong ? i : 1 + (i - 1) * (undisturbed.Calls - 1) / (Spread - 1);
            TestContext.Current.SendDiagnosticMessage($"killing at call {killAt} of {undisturbed.Calls}");
            var death = await run.DieAsync(start(), killAt);
            death.Usage.ShouldBeLessThanOrEqualTo(undisturbed.Usage + ToleranceBytes, $"space is lost by a death at call {killAt}");
            survivals = death.Calls < killAt ? survivals + 1 : 0;
        }
    }
}
