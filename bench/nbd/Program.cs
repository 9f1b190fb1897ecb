using System.Globalization;
using System.Net;
using Octavo.Engine;
using Octavo.Engine.Nbd;

// Serves one new volume of an engine over NBD, for bench/nbd/run: NbdServe FOLDER BYTES SOCKET PORT. The export's name is empty. It ends with its input.
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
while (await Console.In.ReadLineAsync() is not null)
{
}
return 0;

sealed class OneExport(IBlockDevice device) : INbdExports
{
    public ValueTask<NbdExport?> OpenAsync(string name, CancellationToken cancellation) =>
        ValueTask.FromResult(name.Length == 0 ? new NbdExport(device, CanMultiConnect: true, () => { }, CancellationToken.None) : null);
}
