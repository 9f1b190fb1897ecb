using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Attached;

/// <summary>
/// A whole machine in software: Debian's kernel and a program of a few lines, with its root file system on an attached volume. <c>./test</c> fetches the kernel,
/// unpacked under <c>obj</c> and not installed.
/// </summary>
sealed class Guest : IAsyncDisposable
{
    static readonly string Kernel = Path.Combine(Support.Build.Root, "tests", "EndToEnd", "obj", "guest-kernel");
    static readonly string Programs = Path.Combine(Support.Build.Root, "tests", "EndToEnd", "Attached", "Guest");

    readonly Process process;
    readonly StringBuilder printed = new();

    Guest(Process process) => this.process = process;

    /// <summary>All that it printed so far.</summary>
    public string Printed
    {
        get
        {
            lock (printed) return printed.ToString();
        }
    }

    /// <summary>The memory disk that it starts from.</summary>
    public static async Task<string> MemoryDiskAsync(TemporaryFolder folder)
    {
        var root = folder["memory-disk"];
        foreach (var name in new[] { "bin", "dev", "proc", "root", "modules" }) Directory.CreateDirectory(Path.Combine(root, name));
        File.Copy("/bin/busybox", Path.Combine(root, "bin", "busybox"));
        foreach (var module in Directory.EnumerateFiles(Path.Combine(Kernel, "lib"), "virtio*.ko", SearchOption.AllDirectories))
            File.Copy(module, Path.Combine(root, "modules", Path.GetFileName(module)));
        File.Copy(Path.Combine(Programs, "first.sh"), Path.Combine(root, "init"));
        File.SetUnixFileMode(Path.Combine(root, "init"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var disk = folder["memory-disk.gz"];
        (await Shell.RunAsync("sh", "-c", $"cd '{root}' && find . | cpio -o -H newc --quiet | gzip -1 > '{disk}'")).Succeeded();
        return disk;
    }

    /// <summary>A root file system, ext4, as an image.</summary>
    public static async Task<string> RootImageAsync(TemporaryFolder folder, int mebibytes)
    {
        var root = folder["root"];
        foreach (var name in new[] { "bin", "sbin", "data" }) Directory.CreateDirectory(Path.Combine(root, name));
        File.Copy("/bin/busybox", Path.Combine(root, "bin", "busybox"));
        File.Copy(Path.Combine(Programs, "init.sh"), Path.Combine(root, "sbin", "init"));
        var image = folder["root.img"];
        (await Shell.RunAsync("mke2fs", "-q", "-t", "ext4", "-d", root, image, $"{mebibytes}M")).Succeeded();
        return image;
    }

    /// <summary>Turns a machine on whose disk is this export.</summary>
    public static Guest Start(string memoryDisk, string export)
    {
        var (program, machine, console) = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? ("qemu-system-aarch64", "virt", "ttyAMA0")
            : ("qemu-system-x86_64", "q35", "ttyS0");
        var kernel = Directory.EnumerateFiles(Path.Combine(Kernel, "boot"), "vmlinuz-*").Single();
        var process = Process.Start(new ProcessStartInfo(
            program,
            [
                "-machine", machine, "-accel", "tcg", "-cpu", "max", "-m", "256", "-nographic", "-no-reboot", "-kernel", kernel, "-initrd", memoryDisk,
                "-append", $"console={console} quiet panic=-1",
                "-drive", $"file={export},format=raw,if=virtio,cache=none",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException($"{program} did not start.");
        var guest = new Guest(process);
        process.OutputDataReceived += (_, line) => guest.Take(line.Data);
        process.ErrorDataReceived += (_, line) => guest.Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return guest;
    }

    /// <summary>Waits until it has printed this; fails where it ends before.</summary>
    public async Task PrintsAsync(string text)
    {
        try
        {
            await Eventually.GetAsync($"the guest's \"{text}\"", () => Task.FromResult(
                Printed.Contains(text, StringComparison.Ordinal) ? "" : process.HasExited ? throw new InvalidOperationException("The guest is off.") : null));
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"{e.Message}\n{Printed}", e);
        }
    }

    /// <summary>Waits until it turns itself off; returns what it printed.</summary>
    public async Task<string> TurnsOffAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System);
        return Printed;
    }

    void Take(string? line)
    {
        lock (printed) printed.AppendLine(line);
    }

    /// <summary>Pulls the plug.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }
}
