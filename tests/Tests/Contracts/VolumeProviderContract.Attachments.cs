using System.Security.Cryptography;
using System.Text;
using Octavo.Core;

namespace Octavo.Tests.Contracts;

public abstract partial class VolumeProviderContract
{
    [Fact]
    public async Task A_client_is_attached_and_detached_or_that_is_unsupported()
    {
        var volume = await CreateAsync();
        ClientAttachment? attached = null;

        var isSupported = await IsSupportedAsync(async () => attached = await AttachAsync(volume.Id));

        isSupported.ShouldBe(Provider.Capabilities.CanAttach);
        (await IsSupportedAsync(() => Provider.DetachAsync(Cell, attached?.Id ?? "att-1", false, OperationId.New(), Cancellation))).ShouldBe(isSupported);
        (await Provider.ListAttachmentsAsync(Cell, Cancellation)).ShouldBeEmpty();
        (await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation)).ShouldBe(volume);
    }

    [Fact]
    public async Task An_attached_volume_is_in_use_and_tells_its_client_and_where_that_connects_to()
    {
        if (!Provider.Capabilities.CanAttach) return;
        var volume = await CreateAsync();
        var operation = OperationId.New();

        var attached = await AttachAsync(volume.Id, operation: operation);

        attached.ShouldBe(new ClientAttachment(
            attached.Id, operation, volume.Id, null, "alice", false, false, TimeSpan.FromMinutes(5), attached.AttachedAt, attached.Device, false));
        (await Provider.ListAttachmentsAsync(Cell, Cancellation)).ShouldBe([attached]);
        var seen = await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation);
        seen.State.ShouldBe(VolumeState.InUse);
        seen.Attachments.ShouldBe([new ProviderAttachment("attached", "alice", attached.Device, attached.AttachedAt) { Id = attached.Id }]);
        (await VolumesAsync()).ShouldHaveSingleItem().ShouldBe(seen);
    }

    [Fact]
    public async Task Attaching_repeated_with_one_operation_is_one_attachment_with_one_token()
    {
        if (!Provider.Capabilities.CanAttach) return;
        var volume = await CreateAsync();
        var operation = OperationId.New();

        var all = await TenTimesAsync(() => AttachAsync(volume.Id, operation: operation));

        all.Distinct().ShouldHaveSingleItem();
        await ShouldFailAsync(ErrorCode.Conflict, AttachAsync(volume.Id, client: "bob", operation: operation));
        (await Provider.ListAttachmentsAsync(Cell, Cancellation)).ShouldBe([all[0]]);
        (await Subject.OpensAsync("alice's token")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_second_writer_is_a_conflict_unless_both_are_attached_for_several()
    {
        if (!Provider.Capabilities.CanAttach) return;
        var (alone, shared) = (await CreateAsync(), await CreateAsync());
        await AttachAsync(alone.Id);
        await AttachAsync(shared.Id, isMultiAttach: true);

        await ShouldFailAsync(ErrorCode.Conflict, AttachAsync(alone.Id, client: "bob"));
        await ShouldFailAsync(ErrorCode.Conflict, AttachAsync(alone.Id, client: "bob", isMultiAttach: true));
        await ShouldFailAsync(ErrorCode.Conflict, AttachAsync(shared.Id, client: "bob"));
        await AttachAsync(shared.Id, client: "bob", isMultiAttach: true);

        var seen = await Provider.GetVolumeAsync(Cell, shared.Id, Cancellation);
        seen.Attachments.Select(a => a.InstanceId).ShouldBe(["alice", "bob"]);
        seen.IsMultiAttach.ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_attached_is_not_deleted()
    {
        if (!Provider.Capabilities.CanAttach) return;
        var volume = await CreateAsync();
        var snapshot = await SnapshotAsync(volume.Id);
        await AttachAsync(volume.Id);
        var reader = await Provider.AttachAsync(Cell, Spec(null, "reader", false) with { Snapshot = snapshot.Id }, OperationId.New(), Cancellation);

        reader.IsReadOnly.ShouldBeTrue();
        await ShouldFailAsync(ErrorCode.Conflict, Provider.DeleteVolumeAsync(Cell, volume.Id, OperationId.New(), Cancellation));
        await ShouldFailAsync(ErrorCode.Conflict, Provider.DeleteSnapshotAsync(Cell, snapshot.Id, OperationId.New(), Cancellation));
        foreach (var attached in await Provider.ListAttachmentsAsync(Cell, Cancellation))
            await Provider.DetachAsync(Cell, attached.Id, false, OperationId.New(), Cancellation);

        await DeleteAsync(volume.Id);
        await Provider.DeleteSnapshotAsync(Cell, snapshot.Id, OperationId.New(), Cancellation);
    }

    [Fact]
    public async Task A_token_opens_nothing_once_it_is_detached_and_detaching_what_is_gone_succeeds()
    {
        if (!Provider.Capabilities.CanAttach) return;
        var attached = await AttachAsync((await CreateAsync()).Id);
        var operation = OperationId.New();
        (await Subject.OpensAsync("another token")).ShouldBeFalse();
        (await Subject.OpensAsync("alice's token")).ShouldBeTrue();

        (await TenTimesAsync(() => Provider.DetachAsync(Cell, attached.Id, false, operation, Cancellation))).ShouldAllBe(isClean => isClean);

        (await Subject.OpensAsync("alice's token")).ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_not_there_and_what_makes_no_sense_is_not_attached()
    {
        if (!Provider.Capabilities.CanAttach) return;
        var volume = await CreateAsync();
        var sound = Spec(volume.Id, "alice", false);

        await ShouldFailAsync(ErrorCode.NotFound, AttachAsync(NoVolume));
        foreach (var odd in new[] { sound with { Client = "" }, sound with { Lease = TimeSpan.FromSeconds(1) }, sound with { Volume = null } })
            await ShouldFailAsync(ErrorCode.Invalid, Task.Run(() => Provider.AttachAsync(Cell, odd, OperationId.New(), Cancellation), Cancellation));

        (await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation)).ShouldBe(volume);
    }

    Task<ClientAttachment> AttachAsync(ProviderVolumeId volume, string client = "alice", bool isMultiAttach = false, OperationId? operation = null) =>
        Provider.AttachAsync(Cell, Spec(volume, client, isMultiAttach), operation ?? OperationId.New(), Cancellation);

    static AttachSpec Spec(ProviderVolumeId? volume, string client, bool isMultiAttach) => new(
        volume, null, client, false, isMultiAttach, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(client + "'s token"))),
        TimeSpan.FromMinutes(5));
}
