using System.Diagnostics;
using System.Globalization;
using Octavo.Tests.Support;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>The programs that people attach volumes with, against the server.</summary>
public sealed class NbdClientTests
{
    const string Disk = "disk";
    const int Size = 64 << 20;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nbdinfo_sees_an_export_whole(bool isUnix)
    {
        await using var site = NbdSite.Start();
        site.AddFile(Disk, Size);

        var told = await RunAsync("nbdinfo", Uri(site, isUnix));
        foreach (var line in new[]
        {
            "export-size: 67108864", "base:allocation", "using structured packets", "is_read_only: false", "can_multi_conn: true", "can_fua: true",
            "can_fast_zero: true", "can_cache: true", "block_size_maximum: 33554432",
        })
            told.ShouldContain(line);

        (await RunAsync("nbdinfo", "--map", "--totals", Uri(site, isUnix))).ShouldContain("100.0%   3 hole,zero");
        (await RunAsync("nbdinfo", "--list", isUnix ? site.UnixUri("") : site.TcpUri(""))).ShouldNotContain(Disk);
    }

    [Fact]
    public async Task A_client_shows_the_sentence_that_an_export_is_unknown()
    {
        await using var site = NbdSite.Start();

        await RunAsync(1, "nbdinfo", site.UnixUri("secret"));
        (await RunAsync(1, "qemu-img", "info", site.UnixUri("secret"))).ShouldContain("There is no export of that name");
    }

    [Fact]
    public async Task Nbdinfo_comes_through_tls_where_it_is_required()
    {
        using var certificate = NbdHandshakeTests.Certificate();
        await using var site = NbdSite.Start(o => o with { Certificate = certificate, RequireTls = true });
        site.AddFile(Disk, Size);
        await File.WriteAllTextAsync(Path.Combine(site.Folder, "ca-cert.pem"), certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);

        var secure = await RunAsync("nbdinfo", $"nbds://localhost:{site.Address.Port}/{Disk}?tls-certificates={site.Folder}");

        secure.ShouldContain("newstyle-fixed with TLS");
        await RunAsync(1, "nbdinfo", site.TcpUri(Disk));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nbdcopy_brings_an_image_in_and_out_through_several_connections(bool isUnix)
    {
        await using var site = NbdSite.Start();
        site.AddFile(Disk, Size);
        var (source, back) = (Path.Combine(site.Folder, "source"), Path.Combine(site.Folder, "back"));
        await WriteImageAsync(source);

        await RunAsync("nbdcopy", "--connections=4", "--requests=16", "--flush", source, Uri(site, isUnix));
        await RunAsync("nbdcopy", "--connections=4", Uri(site, isUnix), back);

        await ShouldBeSameAsync(back, source);
        await ShouldBeSameAsync(Path.Combine(site.Folder, Disk), source);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Qemu_img_converts_compares_and_maps(bool isUnix)
    {
        await using var site = NbdSite.Start();
        site.AddFile(Disk, Size);
        var source = Path.Combine(site.Folder, "source");
        await WriteImageAsync(source);
        var qcow = Path.Combine(site.Folder, "image.qcow2");

        await RunAsync("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", "-W", "-m", "8", source, Uri(site, isUnix));
        await RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", source, Uri(site, isUnix));
        await RunAsync("qemu-img", "convert", "-f", "raw", "-O", "qcow2", Uri(site, isUnix), qcow);
        await RunAsync("qemu-img", "compare", "-f", "qcow2", "-F", "raw", qcow, source);

        var map = await RunAsync("qemu-img", "map", "--output=json", "-f", "raw", Uri(site, isUnix));
        map.ShouldContain("\"start\": 33554432, \"length\": 33554432, \"depth\": 0, \"present\": true, \"zero\": true, \"data\": false");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Qemu_io_writes_flushes_discards_and_zeroes(bool isUnix)
    {
        await using var site = NbdSite.Start();
        site.AddFile(Disk, Size);

        var told = await RunAsync(
            "qemu-io", "-f", "raw", "-t", "none",
            "-c", "write -P 1 1234 100000", "-c", "write -f -P 2 1M 3M", "-c", "flush", "-c", "discard 1M 64k", "-c", "write -z 2M 64k", "-c", "write -z -u 3M 64k",
            "-c", "aio_write -P 3 8M 64k", "-c", "aio_write -P 4 9M 4k", "-c", "aio_flush",
            "-c", "read -P 1 1234 100000", "-c", "read -P 0 0 1234", "-c", "read -P 0 1M 64k", "-c", "read -P 0 2M 64k", "-c", "read -P 0 3M 64k",
            "-c", "read -P 2 3211264 64k", "-c", "read -P 3 8M 64k", "-c", "read -P 4 9M 4k", "-c", "read -P 0 40M 20M", Uri(site, isUnix));

        told.ShouldNotContain("failed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fio_writes_and_verifies(bool isUnix)
    {
        await using var site = NbdSite.Start();
        site.AddFile(Disk, Size);
        var amount = Environment.GetEnvironmentVariable("OCTAVO_TEST_LONG") == "1" ? "1g" : "48m";

        await RunAsync(
            "fio", "--name=verify", "--ioengine=nbd", $"--uri={Uri(site, isUnix)}", "--rw=randrw", "--bsrange=4k-256k", "--iodepth=32", $"--size={Size}",
            $"--io_size={amount}", "--verify=crc32c", "--verify_fatal=1", "--do_verify=1", "--serialize_overlap=1", "--fsync=100", "--randseed=1",
            "--output-format=terse");
    }

    static string Uri(NbdSite site, bool isUnix) => isUnix ? site.UnixUri(Disk) : site.TcpUri(Disk);

    /// <summary>The first half has noise, zeros and a text in turn; the second is a hole.</summary>
    static async Task WriteImageAsync(string path)
    {
        var bytes = new byte[Size / 2];
        Pool.Noise(8 << 20, 1).CopyTo(bytes, 0);
        Pool.Noise(8 << 20, 2).CopyTo(bytes, 20 << 20);
        bytes.AsSpan(30 << 20, 2 << 20).Fill((byte)'a');
        await using var file = File.Create(path);
        await file.WriteAsync(bytes, TestContext.Current.CancellationToken);
        file.SetLength(Size);
    }

    static async Task ShouldBeSameAsync(string actual, string expected) =>
        (await File.ReadAllBytesAsync(actual, TestContext.Current.CancellationToken))
            .ShouldBeBytes(await File.ReadAllBytesAsync(expected, TestContext.Current.CancellationToken));

    static Task<string> RunAsync(string program, params string[] arguments) => RunAsync(0, program, arguments);

    /// <summary>What it printed; it has to end with that code.</summary>
    static async Task<string> RunAsync(int exitCode, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            var told = await output + await error;
            process.ExitCode.ShouldBe(exitCode, string.Create(CultureInfo.InvariantCulture, $"{program} {string.Join(' ', arguments)}\n{told}"));
            return told;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
