using System.Net.Sockets;
using Octavo.Engine.Nbd;
using Octavo.Tests.Fuzz;
using Octavo.Tests.Support;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>Random requests through two connections at once leave the bytes that an array would have.</summary>
public sealed class NbdModelTests
{
    const int Half = 1 << 20;

    [Fact]
    public async Task Two_connections_together_equal_an_array()
    {
        await using var site = NbdSite.Start();
        site.AddFile("disk", 2 * Half);
        using var first = await NbdClient.EnterAsync(new UnixDomainSocketEndPoint(site.SocketPath), "disk");
        using var second = await NbdClient.EnterAsync(site.Address, "disk", isStructured: false);
        var model = new byte[2 * Half];

        await Fuzzing.RunAsync(100, async mutator =>
        {
            // Each writes to a half of its own, or nobody could tell what is right; each reads all that nobody writes to.
            await Task.WhenAll(WorkAsync(first, new Mutator(mutator.Seed), model, 0), WorkAsync(second, new Mutator(~mutator.Seed), model, Half));
            (await first.ReadDeviceAsync(0, 2 * Half)).ShouldBeBytes(model);
            (await second.AskAsync(Command.Flush, 0, 0)).Error.ShouldBe(Errno.None);
        });

        (await File.ReadAllBytesAsync(Path.Combine(site.Folder, "disk"), TestContext.Current.CancellationToken)).ShouldBeBytes(model);
    }

    static async Task WorkAsync(NbdClient client, Mutator chance, byte[] model, int start)
    {
        for (var i = 0; i < 10; i++)
        {
            var length = 1 + chance.Below(chance.OneIn(4) ? 200_000 : 9_000);
            var offset = start + chance.Below(Half - length);
            var flags = chance.OneIn(10) ? CommandFlags.Fua : CommandFlags.None;
            switch (chance.Below(5))
            {
                case 0:
                    var noise = Pool.Noise(length, chance.Seed + i);
                    (await client.WriteAsync(offset, noise, flags)).Error.ShouldBe(Errno.None);
                    noise.CopyTo(model, offset);
                    break;
                case 1:
                    flags |= chance.OneIn(2) ? CommandFlags.NoHole : CommandFlags.None;
                    (await client.AskAsync(Command.WriteZeroes, offset, length, flags)).Error.ShouldBe(Errno.None);
                    model.AsSpan(offset, length).Clear();
                    break;
                case 2:
                    // Free to do nothing; this disk can free.
                    (await client.AskAsync(Command.Trim, offset, length, flags)).Error.ShouldBe(Errno.None);
                    model.AsSpan(offset, length).Clear();
                    break;
                default:
                    (await client.ReadDeviceAsync(offset, length)).ShouldBeBytes(model.AsSpan(offset, length));
                    break;
            }
        }
    }
}
