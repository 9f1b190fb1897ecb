using System.Text;
using Octavo.Core;

namespace Octavo.Tests.Contracts;

public abstract partial class VolumeProviderContract
{
    const int Several = 7;

    [Fact]
    public async Task Every_page_size_gives_every_volume_once()
    {
        var made = new List<ProviderVolumeId>();
        for (var i = 0; i < Several; i++) made.Add((await CreateAsync()).Id);

        for (var size = 1; size <= Several + 1; size++)
            (await VolumesAsync(size)).Select(v => v.Id).ShouldBe(made, ignoreOrder: true, $"page size {size}");
    }

    [Fact]
    public async Task Every_page_size_gives_every_snapshot_once()
    {
        var volume = await CreateAsync();
        var made = new List<ProviderSnapshotId>();
        for (var i = 0; i < Several; i++) made.Add((await SnapshotAsync(volume.Id)).Id);

        for (var size = 1; size <= Several + 1; size++)
            (await SnapshotsAsync(size)).Select(s => s.Id).ShouldBe(made, ignoreOrder: true, $"page size {size}");
    }

    [Fact]
    public async Task A_volume_deleted_between_two_pages_hides_no_other()
    {
        for (var i = 0; i < Several; i++) await CreateAsync();
        var first = await Provider.ListVolumesAsync(Cell, new PageRequest(3, null), Cancellation);
        foreach (var seen in first.Items)
            await DeleteAsync(seen.Id);

        var rest = await VolumesAsync(from: first.NextToken.ShouldNotBeNull());

        rest.Select(v => v.Id).ShouldBe((await VolumesAsync()).Select(v => v.Id), ignoreOrder: true);
        rest.Count.ShouldBe(Several - 3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("!")]
    [InlineData("////")]
    [InlineData("AAAA")]
    [InlineData("vol-00000000000000000")]
    public async Task A_page_token_that_makes_no_sense_is_invalid(string token)
    {
        await CreateAsync();

        await ShouldFailAsync(ErrorCode.Invalid, Provider.ListVolumesAsync(Cell, new PageRequest(10, token), Cancellation));
        await ShouldFailAsync(ErrorCode.Invalid, Provider.ListSnapshotsAsync(Cell, new PageRequest(10, token), Cancellation));
    }

    [Fact]
    public async Task A_token_of_the_one_list_is_invalid_for_the_other()
    {
        await CreateAsync();
        await CreateAsync();
        var page = await Provider.ListVolumesAsync(Cell, new PageRequest(1, null), Cancellation);

        await ShouldFailAsync(ErrorCode.Invalid,
            Provider.ListSnapshotsAsync(Cell, new PageRequest(1, page.NextToken.ShouldNotBeNull()), Cancellation));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task A_page_size_out_of_bounds_is_invalid(int limit)
    {
        await ShouldFailAsync(ErrorCode.Invalid, Provider.ListVolumesAsync(Cell, new PageRequest(limit, null), Cancellation));
        await ShouldFailAsync(ErrorCode.Invalid, Provider.ListSnapshotsAsync(Cell, new PageRequest(limit, null), Cancellation));
    }

    [Fact]
    public async Task A_probe_tells_the_region_of_the_cell_and_what_the_account_is_called_there()
    {
        var report = await Provider.ProbeAsync(Subject.Access, Cancellation);

        report.Regions.ShouldContain(Cell.Region);
        report.ProviderAccount.ShouldNotBeEmpty();
        report.MissingPermissions.ShouldBeEmpty();
        (await Provider.GetCellAsync(Cell, Cancellation)).Zones.ShouldNotBeEmpty();
        Encoding.ASCII.GetByteCount(Provider.Kind).ShouldBeInRange(1, 16);
    }
}
