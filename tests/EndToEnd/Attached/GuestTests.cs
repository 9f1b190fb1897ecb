using System.Globalization;
using System.Text.RegularExpressions;
using Octavo.Api;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Attached;

/// <summary>A machine whose disk is a volume: what the file systems of real guests need of snapshots that are taken under them.</summary>
public sealed partial class GuestTests
{
    [Fact]
    public async Task A_clone_of_a_running_machines_root_boots_replays_its_journal_and_has_every_file_that_was_synced()
    {
        using var folder = new TemporaryFolder();
        var memoryDisk = await Guest.MemoryDiskAsync(folder);
        var root = await Guest.RootImageAsync(folder, mebibytes: 64);
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        using var client = new NativeClient(server);
        var volume = await client.ImportedAsync("root", await File.ReadAllBytesAsync(root, TestContext.Current.CancellationToken));

        Snapshot snapshot;
        int synced;
        await using (var guest = Guest.Start(memoryDisk, await client.AttachedAsync(volume.Id)))
        {
            await guest.PrintsAsync("GUEST wrote 20");
            synced = Written().Matches(guest.Printed).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Max();
            snapshot = await client.SnapshottedAsync(volume.Id);
            // It writes on as if nothing had been.
            await guest.PrintsAsync($"GUEST wrote {synced + 20}");
        }

        var accepted = await client.RestoreAsync(snapshot.Id, "clone");
        await client.SucceededAsync(accepted.Operation);
        string printed;
        await using (var clone = Guest.Start(memoryDisk, await client.AttachedAsync(accepted.Volume.Id))) printed = await clone.TurnsOffAsync();

        printed.ShouldContain("recovery complete");
        var found = Found().Match(printed);
        found.Success.ShouldBeTrue(printed);
        int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(synced);
        found.Groups[2].Value.ShouldBe("0", printed);
    }

    [GeneratedRegex(@"GUEST wrote (\d+)")]
    private static partial Regex Written();

    [GeneratedRegex(@"GUEST found (\d+) bad (\d+)")]
    private static partial Regex Found();
}
