using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Credentials;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;
using Operation = Octavo.Api.Operation;

namespace Octavo.Server.Console;

/// <summary>What the first page tells.</summary>
/// <param name="Figures">What the inventory comes to.</param>
/// <param name="Cells">How fresh each region is.</param>
/// <param name="Credentials">Names of credentials, by id.</param>
/// <param name="Running">Operations under way.</param>
/// <param name="Failed">The newest that failed.</param>
public sealed record Overview(
    Figures Figures, IReadOnlyList<CellStatus> Cells, IReadOnlyDictionary<string, string> Credentials, IReadOnlyList<Operation> Running,
    IReadOnlyList<Operation> Failed);

/// <summary>What the inventory comes to.</summary>
/// <param name="ByState">Volumes by state; the totals are all of them.</param>
/// <param name="ByProvider">By provider.</param>
/// <param name="ByZone">By availability zone.</param>
/// <param name="Unattached">Volumes that hang nowhere.</param>
/// <param name="LongUnattached">Those that hang nowhere for 30 days or longer.</param>
/// <param name="LongSince">30 days ago.</param>
/// <param name="WithoutSnapshot">Volumes without a snapshot of the last 7 days.</param>
/// <param name="SnapshotSince">7 days ago.</param>
/// <param name="Snapshots">All snapshots.</param>
/// <param name="Orphans">Snapshots whose volume is gone.</param>
public sealed record Figures(
    Totals ByState, Totals ByProvider, Totals ByZone, Totals Unattached, Totals LongUnattached, DateTimeOffset LongSince, Totals WithoutSnapshot,
    DateTimeOffset SnapshotSince, Totals Snapshots, Totals Orphans);

/// <summary><c>/</c>: how things stand.</summary>
static class OverviewConsole
{
    /// <summary>Nobody misses a volume that hung nowhere so long.</summary>
    static readonly TimeSpan Long = TimeSpan.FromDays(30);

    /// <summary>A volume should have a snapshot as young as this.</summary>
    static readonly TimeSpan SnapshotAge = TimeSpan.FromDays(7);

    const int MaxShown = 10;

    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/", ShowAsync).WithName("ConsoleShowOverview");

    static async Task<IResult> ShowAsync(
        Caller caller, Frame frame, AccountInventories inventories, Cells cells, CellProgress progress, CredentialStore credentials, OperationStore operations,
        CancellationToken cancellation)
    {
        var inventory = inventories.Of(caller.Account);
        // By the hour: each of them would otherwise be another question.
        var hour = new DateTimeOffset(frame.Now.UtcDateTime.Date.AddHours(frame.Now.UtcDateTime.Hour), TimeSpan.Zero);
        var (longSince, snapshotSince) = (hour - Long, hour - SnapshotAge);
        var names = await credentials.ListAsync(caller.Account, new PageOf(PageOf.MaxLimit, null), cancellation);
        return Show.Page<OverviewPage>(new
        {
            Frame = frame,
            Overview = new Overview(
                await inventory.KeptAsync(hour, FiguresAsync, cancellation),
                progress.Of(await cells.StatusAsync(caller.Account, credential: null, cancellation)), names.Items.ToDictionary(c => c.Id, c => c.Name),
                [.. await OperationsAsync(OperationState.Running), .. await OperationsAsync(OperationState.Queued)], await OperationsAsync(OperationState.Failed)),
        });

        async Task<Figures> FiguresAsync() => new(
            await VolumesAsync(new(), "state"), await VolumesAsync(new(), "provider"), await VolumesAsync(new(), "availability_zone"),
            await VolumesAsync(new(Attached: false)), await VolumesAsync(new(UnattachedSince: longSince)), longSince,
            await VolumesAsync(new(NoSnapshotSince: snapshotSince)), snapshotSince,
            await SnapshotTotals.OfAsync(inventory, new(), [], cancellation), await SnapshotTotals.OfAsync(inventory, new(Orphan: true), [], cancellation));

        Task<Totals> VolumesAsync(VolumeFilter filter, params string[] groupBy) => VolumeTotals.OfAsync(inventory, filter, groupBy, cancellation);

        async Task<IReadOnlyList<Operation>> OperationsAsync(string state) =>
            (await operations.ListAsync(caller.Account, new OperationFilter(state, null, null, null), new PageOf(MaxShown, null), cancellation)).Items;
    }
}
