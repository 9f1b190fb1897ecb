using System.Text.Json;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd;

/// <summary>A file system with files on it, through the whole service and back; looked at by the programs that own the format.</summary>
public class RealDiskTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    const int SizeMib = 1024;

    /// <summary>Noise files of 4 MiB on it; the rest of the image is holes.</summary>
    static readonly int Files = Build.IsLong ? 128 : 16;

    [Fact]
    public async Task A_file_system_comes_back_from_its_snapshot_as_it_was_and_only_changes_are_stored()
    {
        var cli = new Cli(fixture.Server);
        var image = await MakeFileSystemAsync();
        var original = await HashAsync(image);

        var imported = await cli.JsonAsync("volumes", "import", image, "--name", "disk", "--wait");
        var volume = Text(imported, "id");
        Text(imported, "state").ShouldBe("available");
        imported.GetProperty("size_bytes").GetInt64().ShouldBe((long)SizeMib << 20);
        (await cli.JsonAsync("volumes", "list")).EnumerateArray().ShouldContain(v => Text(v, "id") == volume);
        Text(await cli.JsonAsync("volumes", "show", volume), "name").ShouldBe("disk");

        var first = await SnapshotAsync(cli, volume);
        await ChangeAsync(Path.Combine(fixture.Server.Pool, "volumes", Text(imported, "provider_volume_id"), "data"));
        var second = await SnapshotAsync(cli, volume);
        var stored = (First: first.GetProperty("stored_bytes").GetInt64(), Second: second.GetProperty("stored_bytes").GetInt64());
        stored.First.ShouldBeGreaterThan(8 << 20, "the files' noise does not compress");
        stored.Second.ShouldBeInRange(1, 4 << 20, "a file of a few bytes changes a few blocks of 512 KiB");

        var before = await ExportRestoredAsync(cli, first, "before");
        (await HashAsync(before)).ShouldBe(original);
        (await FileAsync(before, "/notes/today.txt")).ShouldBe("as it was\n");
        var after = await ExportRestoredAsync(cli, second, "after");
        (await HashAsync(after)).ShouldNotBe(original);
        (await FileAsync(after, "/notes/today.txt")).ShouldBe("changed\n");
        (await cli.RunAsync("fsck")).Succeeded();
    }

    async Task<string> MakeFileSystemAsync()
    {
        var files = Directory.CreateDirectory(fixture["files"]).FullName;
        Directory.CreateDirectory(Path.Combine(files, "notes"));
        await File.WriteAllTextAsync(Path.Combine(files, "notes", "today.txt"), "as it was\n");
        for (var i = 0; i < Files; i++)
            await File.WriteAllBytesAsync(Path.Combine(files, $"{i}.bin"), Image.Make(800 + i, 4 << 20));
        var image = fixture["disk.img"];
        (await Shell.RunAsync("mke2fs", "-q", "-t", "ext4", "-d", files, image, $"{SizeMib}M")).Succeeded();
        return image;
    }

    async Task ChangeAsync(string data)
    {
        var changed = fixture["today.txt"];
        await File.WriteAllTextAsync(changed, "changed\n");
        (await Shell.RunAsync("debugfs", "-w", "-R", "rm /notes/today.txt", data)).Succeeded();
        (await Shell.RunAsync("debugfs", "-w", "-R", $"write {changed} /notes/today.txt", data)).Succeeded();
    }

    /// <summary>The image of a volume made from a snapshot; it must be a sound file system.</summary>
    async Task<string> ExportRestoredAsync(Cli cli, JsonElement snapshot, string name)
    {
        var restored = await cli.JsonAsync("snapshots", "restore", Text(snapshot, "id"), "--name", name, "--wait");
        var file = fixture[$"{name}.img"];
        (await cli.RunAsync("volumes", "export", Text(restored, "id"), file)).Succeeded();
        (await Shell.RunAsync("e2fsck", "-fn", file)).Succeeded();
        return file;
    }

    static Task<JsonElement> SnapshotAsync(Cli cli, string volume) => cli.JsonAsync("snapshots", "create", volume, "--wait");

    static async Task<string> FileAsync(string image, string path) =>
        (await Shell.RunAsync("debugfs", "-R", $"cat {path}", image)).Succeeded();

    static async Task<string> HashAsync(string file) => (await Shell.RunAsync("sha256sum", file)).Succeeded().Split(' ')[0];

    static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
