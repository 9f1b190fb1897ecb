using System.Text.Json;
using Octavo.Core;

namespace Octavo.Tests.Contracts;

/// <summary>
/// What <see cref="IVolumeProvider"/> promises, for every provider alike. A provider's own test class derives from this and says
/// how to start it; nothing here knows which one it is.
/// </summary>
public abstract partial class VolumeProviderContract : IAsyncLifetime
{
    /// <summary>How often a mutation is repeated where repeating must change nothing.</summary>
    protected const int Repeats = 10;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected ProviderUnderTest Subject { get; private set; } = null!;

    /// <summary>Starts the provider with an empty cell.</summary>
    protected abstract Task<ProviderUnderTest> StartAsync();

    protected IVolumeProvider Provider => Subject.Provider;

    protected Cell Cell => Subject.Cell;

    protected ByteSize Size => Subject.Size;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected string Zone { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Subject = await StartAsync();
        Zone = (await Provider.GetCellAsync(Cell, Cancellation)).Zones[0];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var use in uses) await use.DisposeAsync();
        await Subject.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_create_repeated_with_one_operation_is_one_volume()
    {
        var operation = OperationId.New();

        var made = await TenTimesAsync(() => CreateAsync(operation));

        made.Select(v => v.Id).Distinct().ShouldHaveSingleItem();
        (await VolumesAsync()).ShouldHaveSingleItem().Id.ShouldBe(made[0].Id);
    }

    [Fact]
    public async Task Creates_at_the_same_time_with_one_operation_are_one_volume()
    {
        var operation = OperationId.New();

        var made = await Task.WhenAll(Enumerable.Range(0, Repeats).Select(_ => CreateAsync(operation)));

        made.Select(v => v.Id).Distinct().ShouldHaveSingleItem();
        (await VolumesAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_same_operation_with_another_size_is_a_conflict_and_changes_nothing()
    {
        var operation = OperationId.New();
        var made = await CreateAsync(operation);

        await ShouldFailAsync(ErrorCode.Conflict, CreateAsync(operation, new ByteSize(2 * Size.Bytes)));

        (await VolumesAsync()).ShouldHaveSingleItem().ShouldBe(made);
    }

    [Fact]
    public async Task A_volume_is_listed_and_shown_as_it_was_asked_for()
    {
        var operation = OperationId.New();
        var made = await CreateAsync(operation);

        var shown = await Provider.GetVolumeAsync(Cell, made.Id, Cancellation);

        shown.Size.ShouldBe(Size);
        shown.AvailabilityZone.ShouldBe(Zone);
        shown.State.ShouldBe(VolumeState.Available);
        shown.CreatedBy.ShouldBe(operation);
        shown.Snapshot.ShouldBeNull();
        shown.Attachments.ShouldBeEmpty();
        (await VolumesAsync()).ShouldHaveSingleItem().ShouldBe(shown);
    }

    [Fact]
    public async Task What_the_back_end_itself_tells_of_a_volume_is_one_JSON_object_without_what_is_not_there()
    {
        var volume = await CreateAsync();

        using var raw = JsonDocument.Parse(await Provider.GetRawVolumeAsync(Cell, volume.Id, Cancellation));

        var fields = raw.RootElement.EnumerateObject().ToList();
        fields.ShouldContain(f => f.Value.ValueKind == JsonValueKind.String && f.Value.GetString() == volume.Id.Value);
        fields.ShouldNotContain(f => f.Value.ValueKind == JsonValueKind.Null
            || (f.Value.ValueKind == JsonValueKind.Array && f.Value.GetArrayLength() == 0));
        await ShouldFailAsync(ErrorCode.NotFound, Provider.GetRawVolumeAsync(Cell, NoVolume, Cancellation));
    }

    [Fact]
    public async Task A_volume_is_found_by_the_operation_that_made_it_and_by_no_other()
    {
        var operation = OperationId.New();
        var made = await CreateAsync(operation);

        (await Provider.FindVolumeAsync(Cell, operation, Cancellation)).ShouldBe(made);
        (await Provider.FindVolumeAsync(Cell, OperationId.New(), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task A_zone_that_does_not_exist_is_invalid_and_the_sentence_names_the_ones_that_do()
    {
        var failure = await ShouldFailAsync(ErrorCode.Invalid,
            Provider.CreateVolumeAsync(Cell, new VolumeSpec(Size, "nowhere-1z", null), OperationId.New(), Cancellation));

        failure.Message.ShouldContain(Zone);
        (await VolumesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_volume_larger_than_the_largest_is_refused_and_nothing_is_made()
    {
        var room = await Provider.GetCellAsync(Cell, Cancellation);
        var larger = ByteSize.FromGiB(room.LargestVolume.GiB + 1);

        await ShouldFailAsync(ErrorCode.QuotaExceeded, CreateAsync(OperationId.New(), larger));

        (await VolumesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_never_was_is_not_found()
    {
        await ShouldFailAsync(ErrorCode.NotFound, Provider.GetVolumeAsync(Cell, NoVolume, Cancellation));
        await ShouldFailAsync(ErrorCode.NotFound, Provider.GetSnapshotAsync(Cell, NoSnapshot, Cancellation));
        await ShouldFailAsync(ErrorCode.NotFound,
            Provider.CreateSnapshotAsync(Cell, NoVolume, OperationId.New(), mayBeTaken: false, Cancellation));
        await ShouldFailAsync(ErrorCode.NotFound,
            Provider.CreateVolumeAsync(Cell, new VolumeSpec(null, Zone, NoSnapshot), OperationId.New(), Cancellation));
    }

    [Fact]
    public async Task Deleting_what_is_gone_or_never_was_succeeds()
    {
        var kept = await CreateAsync();
        var deleted = await CreateAsync();

        for (var i = 0; i < Repeats; i++)
        {
            await DeleteAsync(deleted.Id);
            await DeleteAsync(NoVolume);
            await Provider.DeleteSnapshotAsync(Cell, NoSnapshot, OperationId.New(), Cancellation);
        }

        await ShouldFailAsync(ErrorCode.NotFound, Provider.GetVolumeAsync(Cell, deleted.Id, Cancellation));
        (await VolumesAsync()).ShouldHaveSingleItem().Id.ShouldBe(kept.Id);
    }

    [Fact]
    public async Task A_volume_in_use_says_so_and_deleting_it_is_a_conflict_that_changes_nothing()
    {
        var volume = await CreateAsync();
        ProviderVolume inUse;
        await using (await Subject.UseAsync(volume.Id))
        {
            inUse = await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation);
            await ShouldFailAsync(ErrorCode.Conflict, Provider.DeleteVolumeAsync(Cell, volume.Id, OperationId.New(), Cancellation));
            (await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation)).ShouldBe(inUse);
        }

        inUse.State.ShouldBe(VolumeState.InUse);
        inUse.Attachments.ShouldHaveSingleItem().State.ShouldBe("attached");
        (await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation)).ShouldBe(volume);
    }

    [Fact]
    public async Task A_call_cancelled_beforehand_makes_nothing_and_its_repeat_works()
    {
        var operation = OperationId.New();
        var cancelled = new CancellationToken(canceled: true);

        await Should.ThrowAsync<OperationCanceledException>(
            Provider.CreateVolumeAsync(Cell, new VolumeSpec(Size, Zone, null), operation, cancelled));
        (await VolumesAsync()).ShouldBeEmpty();

        (await CreateAsync(operation)).State.ShouldBe(VolumeState.Available);
    }
}
