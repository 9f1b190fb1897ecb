using System.Globalization;
using System.Net;
using Octavo.Engine;
using Octavo.Engine.Nbd;

// Serves one new volume of an engine over NBD, for bench/nbd/run: NbdServe FOLDER BYTES SOCKET PORT. The export's name is empty. For each line of input it takes a snapshot, and
// prints a line when that is taken and another one when it is completed. It ends with its input.
if (args is not [var folder, var bytes, var path, var port])
{
    Console.Error.WriteLine("usage: NbdServe FOLDER BYTES SOCKET PORT");
    return 2;
}

const string volume = "vol-00000000000000001";
await using var engine = await BlockEngine.OpenAsync(folder, new EngineOptions(TimeProvider.System, Console.Error.WriteLine), CancellationToken.None);
if (engine.FindVolume(volume) is null)
    await engine.CreateVolumeAsync(volume, "bench", long.Parse(bytes, CultureInfo.InvariantCulture), CancellationToken.None);
using var device = engine.OpenVolumeDevice(volume, isReadOnly: false);
await using var server = NbdServer.Start(new OneExport(device), new NbdOptions(TimeProvider.System, Console.Error.WriteLine)
{
    SocketPaths = [path],
    Addresses = [new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture))],
});
Console.WriteLine("serving");
for (var number = 1; await Console.In.ReadLineAsync() is not null; number++)
{
    var id = $"snap-{number:x17}";
    await engine.BeginSnapshotAsync(id, "bench", volume, CancellationToken.None);
    Console.WriteLine("taken");
    while (engine.FindSnapshot(id)!.State == EngineSnapshotState.Pending) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
    Console.WriteLine("completed");
}
return 0;

sealed class OneExport(IBlockDevice device) : INbdExports
{
    public ValueTask<NbdExport?> OpenAsync(string name, CancellationToken cancellation) =>
        ValueTask.FromResult(name.Length == 0 ? new NbdExport(device, CanMultiConnect: true, () => { }, CancellationToken.None) : null);
}
