using System.Diagnostics;
using Octavo.Engine;
using Octavo.Engine.Io;

namespace Octavo.Tests.Engine;

public sealed class VolumeTests
{
    static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_new_volume_is_a_sparse_file_of_its_full_size()
    {
        await using var pool = await Pool.NewAsync();
        var id = pool.NewVolumeId();

        await pool.Engine.CreateVolumeAsync(id, "t", 1L << 40, Never);

        var status = Libc.Stat(pool.ImageOf(id))!.Value;
        status.Signature.Length.ShouldBe(1L << 40);
        status.AllocatedBytes.ShouldBeLessThan(1 << 20);
        await pool.ReopenAsync();
        pool.Engine.FindVolume(id)!.State.ShouldBe(EngineVolumeState.Available);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-512)]
    [InlineData(511)]
    public async Task A_size_that_is_no_whole_number_of_sectors_is_refused(long size)
    {
        await using var pool = await Pool.NewAsync();

        var refused = await Should.ThrowAsync<EngineException>(() => pool.Engine.CreateVolumeAsync(pool.NewVolumeId(), "t", size, Never));

        refused.Error.ShouldBe(EngineError.Invalid);
        pool.Engine.ListVolumes().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_size_beyond_what_the_file_system_takes_is_refused_and_leaves_nothing()
    {
        await using var pool = await Pool.NewAsync();

        var refused = await Should.ThrowAsync<EngineException>(
            () => pool.Engine.CreateVolumeAsync(pool.NewVolumeId(), "t", long.MaxValue / 512 * 512, Never));

        refused.Error.ShouldBe(EngineError.NoSpace);
        Directory.EnumerateFileSystemEntries(Path.Combine(pool.Folder, "volumes")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("vol-../../x")]
    [InlineData("vol-")]
    [InlineData("x")]
    [InlineData("vol-ABC")]
    public async Task An_id_of_another_form_is_refused(string id)
    {
        await using var pool = await Pool.NewAsync();

        var refused = await Should.ThrowAsync<EngineException>(() => pool.Engine.CreateVolumeAsync(id, "t", 512, Never));

        refused.Error.ShouldBe(EngineError.Invalid);
    }

    [Fact]
    public async Task An_imported_file_keeps_its_bytes_and_its_holes()
    {
        await using var pool = await Pool.NewAsync();
        var path = Path.Combine(pool.Folder, "source.bin");
        byte[] content = [.. Pool.Noise(100_000, 1), .. new byte[3_000_000], .. Pool.Noise(4096, 2), .. new byte[512 * 7]];
        Array.Resize(ref content, content.Length / 512 * 512);
        await File.WriteAllBytesAsync(path, content, Never);
        var id = pool.NewVolumeId();

        var volume = await pool.Engine.ImportVolumeAsync(id, "t", path, null, Never);

        volume.State.ShouldBe(EngineVolumeState.Available);
        pool.BytesOfVolume(id).ShouldBe(content);
        Libc.Stat(pool.ImageOf(id))!.Value.AllocatedBytes.ShouldBeLessThan(400_000);
    }

    [Fact]
    public async Task An_image_that_ends_early_is_refused_and_leaves_nothing()
    {
        await using var pool = await Pool.NewAsync();

        var refused = await Should.ThrowAsync<EngineException>(() => pool.Engine.ImportVolumeAsync(
            pool.NewVolumeId(), "t", new MemoryStream(new byte[5000]), 8192, null, Never));

        refused.Error.ShouldBe(EngineError.Invalid);
        refused.Message.ShouldContain("5000 of 8192");
        pool.Engine.ListVolumes().ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(pool.Folder, "volumes")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_that_shrinks_while_it_is_imported_is_refused_and_leaves_nothing()
    {
        await using var pool = await Pool.NewAsync();
        var path = Path.Combine(pool.Folder, "source.bin");
        await File.WriteAllBytesAsync(path, Pool.Noise(8 << 20, 1), Never);
        var progress = new Callback(done =>
        {
            if (done < 0.9) File.OpenHandle(path, access: FileAccess.Write, share: FileShare.ReadWrite).ShrinkAndClose(1 << 20);
        });

        var refused = await Should.ThrowAsync<EngineException>(
            () => pool.Engine.ImportVolumeAsync(pool.NewVolumeId(), "t", path, progress, Never));

        refused.Error.ShouldBe(EngineError.Invalid);
        refused.Message.ShouldContain("shrank");
        pool.Engine.ListVolumes().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_link_or_a_folder_is_not_imported()
    {
        await using var pool = await Pool.NewAsync();
        var link = Path.Combine(pool.Folder, "link.bin");
        File.CreateSymbolicLink(link, "/etc/passwd");

        foreach (var path in new[] { link, pool.Folder, "/dev/zero", "/does/not/exist" })
            (await Should.ThrowAsync<EngineException>(() => pool.Engine.ImportVolumeAsync(pool.NewVolumeId(), "t", path, null, Never)))
                .Error.ShouldBe(EngineError.Invalid);
    }

    [Fact]
    public async Task A_cancelled_import_leaves_nothing_and_can_be_repeated()
    {
        await using var pool = await Pool.NewAsync();
        var id = pool.NewVolumeId();
        var content = Pool.Noise(8 << 20, 1);
        using var stop = new CancellationTokenSource();
        var progress = new Callback(_ => stop.Cancel());

        await Should.ThrowAsync<OperationCanceledException>(
            () => pool.Engine.ImportVolumeAsync(id, "t", new MemoryStream(content), content.Length, progress, stop.Token));

        pool.Engine.ListVolumes().ShouldBeEmpty();
        await pool.Engine.ImportVolumeAsync(id, "t", new MemoryStream(content), content.Length, null, Never);
        pool.BytesOfVolume(id).ShouldBe(content);
    }

    [Fact]
    public async Task An_image_in_the_pools_folder_is_listed_in_place_once_nobody_wrote_to_it_for_a_while()
    {
        await using var pool = await Pool.NewAsync();
        var old = Path.Combine(pool.Folder, "disk.img");
        await File.WriteAllBytesAsync(old, Pool.Noise(Pool.Block, 1), Never);
        await File.WriteAllBytesAsync(Path.Combine(pool.Folder, "young.img"), Pool.Noise(512, 1), Never);
        await File.WriteAllBytesAsync(Path.Combine(pool.Folder, "odd.raw"), new byte[513], Never);
        await File.WriteAllBytesAsync(Path.Combine(pool.Folder, "notes.txt"), new byte[512], Never);
        File.SetLastWriteTimeUtc(old, DateTime.UnixEpoch.AddYears(50));
        File.SetLastWriteTimeUtc(Path.Combine(pool.Folder, "odd.raw"), DateTime.UnixEpoch.AddYears(50));

        var found = pool.Engine.ListVolumes().ShouldHaveSingleItem();

        found.Tag.ShouldBeNull();
        found.SizeBytes.ShouldBe(Pool.Block);
        pool.Warnings.ShouldHaveSingleItem().ShouldContain("odd.raw");
        File.Exists(old).ShouldBeTrue();
        await pool.ReopenAsync();
        pool.Engine.ListVolumes().ShouldHaveSingleItem().Id.ShouldBe(found.Id);
        await pool.Engine.DeleteVolumeAsync(found.Id, Never);
        File.Exists(old).ShouldBeFalse();
    }

    [Fact]
    public async Task A_volume_whose_image_vanished_or_was_cut_is_in_error_and_others_are_not()
    {
        await using var pool = await Pool.NewAsync();
        var (gone, cut, fine) = (await pool.VolumeAsync(new byte[1024]), await pool.VolumeAsync(new byte[1024]), await pool.VolumeAsync(new byte[1024]));
        File.Delete(pool.ImageOf(gone));
        File.OpenHandle(pool.ImageOf(cut), access: FileAccess.Write).ShrinkAndClose(512);

        pool.Engine.FindVolume(gone)!.Reason!.ShouldContain("gone");
        pool.Engine.FindVolume(cut)!.Reason!.ShouldContain("512 bytes instead of 1024");
        pool.Engine.FindVolume(fine)!.State.ShouldBe(EngineVolumeState.Available);
        (await pool.Engine.CheckAsync(false, null, Never)).Select(f => (f.Kind, f.Subject))
            .ShouldBe([("damaged-volume", gone), ("damaged-volume", cut)], ignoreOrder: true);
        await pool.Engine.DeleteVolumeAsync(gone, Never);
        await pool.Engine.DeleteVolumeAsync(cut, Never);
        pool.Engine.ListVolumes().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_volume_that_another_program_has_open_for_writing_is_in_use_and_cannot_be_deleted()
    {
        await using var pool = await Pool.NewAsync();
        var id = await pool.VolumeAsync(Pool.Noise(4096, 1));
        // Another process, because that is what the promise speaks of.
        using var writer = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec 3<>\"$0\"; echo open; read line", pool.ImageOf(id)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        (await writer.StandardOutput.ReadLineAsync(Never)).ShouldBe("open");

        var inUse = pool.Engine.FindVolume(id)!;
        inUse.State.ShouldBe(EngineVolumeState.InUse);
        inUse.InUseSince.ShouldNotBeNull();
        (await Should.ThrowAsync<EngineException>(() => pool.Engine.DeleteVolumeAsync(id, Never))).Error.ShouldBe(EngineError.Conflict);

        writer.StandardInput.Close();
        await writer.WaitForExitAsync(Never);
        pool.Engine.FindVolume(id)!.State.ShouldBe(EngineVolumeState.Available);
        await pool.Engine.DeleteVolumeAsync(id, Never);
    }

    [Fact]
    public async Task A_pool_has_one_engine_at_a_time()
    {
        await using var pool = await Pool.NewAsync();

        var refused = await Should.ThrowAsync<EngineException>(
            () => BlockEngine.OpenAsync(pool.Folder, new EngineOptions(TimeProvider.System), Never));

        refused.Error.ShouldBe(EngineError.Locked);
    }

    [Fact]
    public async Task A_pool_of_a_newer_format_is_refused()
    {
        await using var pool = await Pool.NewAsync();
        await pool.Engine.DisposeAsync();
        var description = Path.Combine(pool.Folder, "engine.json");
        var original = await File.ReadAllTextAsync(description, Never);
        await File.WriteAllTextAsync(description, original.Replace("\"format\": 1", "\"format\": 2", StringComparison.Ordinal), Never);

        var refused = await Should.ThrowAsync<EngineException>(pool.OpenAsync);

        refused.Message.ShouldContain("format 2");
        await File.WriteAllTextAsync(description, original, Never);
        await pool.OpenAsync();
    }

    sealed class Callback(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}

static class HandleExtensions
{
    public static void ShrinkAndClose(this Microsoft.Win32.SafeHandles.SafeFileHandle handle, long length)
    {
        using (handle) RandomAccess.SetLength(handle, length);
    }
}
