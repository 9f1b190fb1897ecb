using System.Diagnostics;
using System.Text;

namespace Octavo.EndToEnd.Support;

/// <summary>The built server as a process of its own, on a free port, with a data folder that outlives it.</summary>
sealed class ServerProcess : IAsyncDisposable
{
    const string Ready = "octavo-server is listening on ";
    static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    readonly StringBuilder log = new();
    readonly Process process;

    ServerProcess(Process process, string dataFolder)
    {
        this.process = process;
        DataFolder = dataFolder;
    }

    /// <summary>Its data folder.</summary>
    public string DataFolder { get; }

    /// <summary>Where the pool of the first account is.</summary>
    public string Pool => Path.Combine(DataFolder, "pools", "default");

    /// <summary>Its address; another one after each start.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The token of the first admin, who is also the operator.</summary>
    public string Token { get; private set; } = null!;

    /// <summary>Its process id.</summary>
    public int ProcessId => process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>All that it printed so far.</summary>
    public string Log
    {
        get
        {
            lock (log) return log.ToString();
        }
    }

    /// <summary>Starts a server on a data folder, old or new, and waits until it answers.</summary>
    public static async Task<ServerProcess> StartAsync(string dataFolder, params IEnumerable<(string Name, string Value)> variables)
    {
        var start = new ProcessStartInfo(Build.DotNet, ["exec", Build.Server, "--data", dataFolder, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Several run at once, and the port is one.
        start.Environment["OCTAVO_NBD"] = "unix";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        var server = new ServerProcess(process, dataFolder);
        try
        {
            await server.ReadyAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    async Task ReadyAsync()
    {
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var ended = process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (await Task.WhenAny(ready.Task, ended).WaitAsync(StartBound, TimeProvider.System) != ready.Task)
            throw new InvalidOperationException($"The server ended with {process.ExitCode} before it listened:\n{Log}");
        Address = new Uri(await ready.Task);
        Token = (await File.ReadAllLinesAsync(Path.Combine(DataFolder, "admin.token")))[0];
    }

    void Take(string? line, TaskCompletionSource<string> ready)
    {
        if (line is null) return;
        lock (log) log.AppendLine(line);
        if (line.StartsWith(Ready, StringComparison.Ordinal)) ready.TrySetResult(line[Ready.Length..line.IndexOf(',', Ready.Length)]);
    }

    /// <summary>Ends it as a power cut would, but for what the kernel already has; returns when it is gone.</summary>
    public async Task Kill9Async()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Returns when it is gone, by whatever cause.</summary>
    public Task ExitedAsync() => process.WaitForExitAsync(TestContext.Current.CancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await Kill9Async();
        process.Dispose();
    }
}
