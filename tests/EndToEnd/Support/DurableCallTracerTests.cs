using System.Diagnostics;

namespace Octavo.EndToEnd.Support;

public class DurableCallTracerTests
{
    const string FiveFoldersByFiveThreads = """
        Thread.new do
          $stdout.puts("up")
          $stdout.flush
          $stdin.gets
          5.times { |i| Thread.new { Dir.mkdir(File.join(ARGV[0], i.to_s)) }.join }
        end.join
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_process_dies_as_it_enters_the_nth_call_whichever_thread_makes_it(int killAt)
    {
        using var folder = new TemporaryFolder();

        var (made, calls, exitCode) = await TraceAsync(folder, killAt);

        made.ShouldBe(killAt - 1);
        calls.ShouldBe(killAt);
        exitCode.ShouldBe(128 + 9);
    }

    [Fact]
    public async Task A_process_that_ends_before_the_nth_call_is_left_alone_and_its_calls_are_counted()
    {
        using var folder = new TemporaryFolder();

        var (made, calls, exitCode) = await TraceAsync(folder, killAt: 6);

        made.ShouldBe(5);
        calls.ShouldBe(5);
        exitCode.ShouldBe(0);
    }

    static async Task<(int Made, int Calls, int ExitCode)> TraceAsync(TemporaryFolder folder, int killAt)
    {
        var start = new ProcessStartInfo("ruby", ["-e", FiveFoldersByFiveThreads, folder.Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("up");
        var tracer = await DurableCallTracer.AttachAsync(process.Id, killAt);
        await process.StandardInput.WriteLineAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (Directory.GetDirectories(folder.Path).Length, await tracer.Ended, process.ExitCode);
    }
}
