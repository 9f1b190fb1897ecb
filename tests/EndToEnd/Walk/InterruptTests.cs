using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Walk;

/// <summary>Ctrl-C, as the signal that a terminal sends for it.</summary>
public sealed class InterruptTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Ctrl_C_ends_the_waiting_tells_how_to_look_again_and_leaves_the_operation_alone()
    {
        using var folder = new TemporaryFolder();
        var shell = new UserShell(folder, Build.DotNet, "exec", Build.Cli);

        // Jobs of their own groups (-m): without, a shell lets what runs in its background ignore the signal. Copying half a GiB of noise leaves the time to send it.
        var printed = (await shell.ScriptAsync($$"""
            set -em
            octavo profiles add home --server {{fixture.Server.Address}} --token-stdin <<< {{fixture.Server.Token}} >&2
            head -c 512M /dev/urandom > noise
            id=$(octavo volumes import noise --name noise --wait --output json | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
            octavo snapshots create $id --wait > said 2>&1 &
            until octavo operations list --state running --kind create-snapshot --output json | grep -q '"id"'; do :; done
            kill -INT $!
            wait $! || echo "ended with $?"
            cat said >&2
            operation=$(octavo operations list --kind create-snapshot --output json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')
            grep -q "octavo operations .*$operation" said && echo "told how to go on"
            octavo operations wait $operation > /dev/null && echo "succeeded later"
            octavo events --since 0 > events 2>&1 &
            until grep -q snapshot events; do :; done
            kill -INT $!
            wait $! || echo "events ended with $?"
            """)).Succeeded();

        printed.ShouldBe("ended with 130\ntold how to go on\nsucceeded later\nevents ended with 130\n");
    }
}
