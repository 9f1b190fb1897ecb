using System.Buffers.Text;
using System.Text;
using Octavo.Core;
using Octavo.Providers.Local;
using Octavo.Server.Http;
using Octavo.Tests.Server;

namespace Octavo.Tests.Fuzz;

/// <summary>A page token that nobody gave out is told so, in the list of the service and in that of the provider.</summary>
public sealed class PageTokenFuzz
{
    /// <summary>One in so many also goes through the whole server, which costs more.</summary>
    const int Whole = 8;

    static readonly byte[][] Keys =
    [
        .. new[] { "1:volumes:vol-00000000000000001", "1:snapshots:1790000000000,0123456789abcdef0123456789abcdef", "\u0001vol-0123456789abcdef0" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    static readonly string[] Lists = ["volumes", "snapshots", "operations", "users"];

    [Fact]
    public async Task Any_token_gives_a_page_or_a_sentence()
    {
        await using var host = await ServerHost.StartAsync();

        await Fuzzing.RunAsync(4000, async mutator =>
        {
            var token = Base64Url.EncodeToString(mutator.Mutate(mutator.Pick(Keys)));
            if (mutator.OneIn(2)) token = Encoding.Latin1.GetString(mutator.Mutate(Encoding.ASCII.GetBytes(token)));
            InvalidOrFine(() => new PageOf(10, token).After("volumes"));
            InvalidOrFine(() => new PageOf(10, token).AfterTimeAndId("snapshots", (0, "")));
            InvalidOrFine(() => PageToken.Page<string, string>(new PageRequest(10, token), "vol-", (_, _) => [], id => id, id => id));
            if (mutator.Seed % Whole != 0) return;

            var answer = await host.V2Async("GET", $"/v2/{mutator.Pick(Lists)}?page_token={Uri.EscapeDataString(token)}");
            answer.Status.ShouldBeOneOf(200, 400, 404, 422);
        });
    }

    static void InvalidOrFine(Func<object?> read)
    {
        try
        {
            read();
        }
        catch (VolumeException e)
        {
            e.Code.ShouldBe(ErrorCode.Invalid);
        }
    }
}
