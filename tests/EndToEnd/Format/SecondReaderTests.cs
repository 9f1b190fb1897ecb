using Octavo.EndToEnd.Support;
using Octavo.Tests.Support;

namespace Octavo.EndToEnd.Format;

/// <summary>
/// The pool's format is what <c>docs/engine-format.md</c> says: a reader in another language, written from that page, rebuilds a real file
/// system from the files of a server that is gone.
/// </summary>
public sealed class SecondReaderTests
{
    const int SizeMib = 24;
    const int Odd = 512 * 7;

    [Fact]
    public async Task A_reader_written_from_the_page_rebuilds_every_snapshot_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        var file = folder["disk.img"];
        await MakeFileSystemAsync(folder, file);
        var before = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        byte[] after;
        string pool, first, second;
        await using (var server = await ServerProcess.StartAsync(folder["data"]))
        {
            using var client = new NativeClient(server);
            pool = server.Pool;
            var volume = await client.ImportedAsync("disk", before);
            first = (await client.SnapshottedAsync(volume.Id)).ProviderSnapshotId!;
            var data = Path.Combine(pool, "volumes", volume.ProviderVolumeId!, "data");
            await ChangeAsync(data);
            after = await File.ReadAllBytesAsync(data, TestContext.Current.CancellationToken);
            // One that is deleted again leaves a hole in the segment, and blocks that were stored behind it.
            var third = await client.SnapshottedAsync((await client.ImportedAsync("other", Image.Make(9, 4 << 20))).Id);
            second = (await client.SnapshottedAsync(volume.Id)).ProviderSnapshotId!;
            await client.SucceededAsync((await client.DeleteSnapshotAsync(third.Id)).Operation);
        }

        (await RebuildAsync(folder, pool, first)).ShouldBeBytes(before);
        (await RebuildAsync(folder, pool, second)).ShouldBeBytes(after);
    }

    /// <summary>A file system with files that compress and files that do not, and a last block that is shorter than the others.</summary>
    static async Task MakeFileSystemAsync(TemporaryFolder folder, string image)
    {
        var files = Directory.CreateDirectory(folder["files"]).FullName;
        for (var i = 0; i < 4; i++) await File.WriteAllBytesAsync(Path.Combine(files, $"{i}.bin"), Image.Make(700 + i, 3 << 20));
        File.Copy(Path.Combine(Build.Root, "LICENSE"), Path.Combine(files, "LICENSE"));
        (await Shell.RunAsync("mke2fs", "-q", "-t", "ext4", "-d", files, image, $"{SizeMib}M")).Succeeded();
        await using var end = new FileStream(image, FileMode.Append);
        await end.WriteAsync(Image.Make(77, Odd));
    }

    static async Task ChangeAsync(string data)
    {
        await using var image = new FileStream(data, FileMode.Open, FileAccess.Write);
        image.Position = 5 << 20;
        await image.WriteAsync(Image.Make(78, 1 << 20));
    }

    static async Task<byte[]> RebuildAsync(TemporaryFolder folder, string pool, string snapshot)
    {
        var script = Path.Combine(Build.Root, "tests", "EndToEnd", "Format", "read_snapshot.py");
        (await Shell.RunAsync("python3", script, pool, snapshot, folder["rebuilt.img"])).Succeeded();
        return await File.ReadAllBytesAsync(folder["rebuilt.img"], TestContext.Current.CancellationToken);
    }
}
