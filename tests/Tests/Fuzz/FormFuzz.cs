using System.Text;
using Octavo.Server.Scalarium;
using Octavo.Tests.Server;

namespace Octavo.Tests.Fuzz;

/// <summary>The form that stands in for the headers of v1's POST: whatever it holds, the answer is one of the contract's.</summary>
public sealed class FormFuzz
{
    const string Form = "application/x-www-form-urlencoded";
    const string Unknown = "/api/volumes/00000000000000000000000000000000/snapshot";

    /// <summary>One in so many also goes through the whole server, which costs more.</summary>
    const int Whole = 8;

    static readonly string[] Valid =
    [
        "X-Scalarium-Token=TOKEN&Accept=application%2Fvnd.scalarium-v1%2Bjson",
        "x_scalarium_token=TOKEN&accept=application%2Fvnd.scalarium-v1%2Bjson%3Bq%3D0.5%2C+text%2Fhtml&Content-Type=application%2Fjson",
        "Accept=*%2F*&X-Scalarium-Token=TOKEN&X-Scalarium-Token=TOKEN",
    ];

    static readonly byte[][] Types = [.. new[] { Form, Form + "; charset=utf-8", "application/json" }.Select(Encoding.UTF8.GetBytes)];

    [Fact]
    public async Task Any_form_gets_an_answer_of_the_contract()
    {
        await using var host = await ServerHost.StartAsync();

        await Fuzzing.RunAsync(4000, async mutator =>
        {
            var form = mutator.Mutate(Encoding.UTF8.GetBytes(mutator.Pick(Valid).Replace("TOKEN", host.Token, StringComparison.Ordinal)));
            var caller = ScalariumCaller.FromForm(form, "*/*");
            _ = caller.AcceptsVersion1();
            if (mutator.Seed % Whole != 0) return;

            var type = Encoding.Latin1.GetString(mutator.OneIn(4) ? mutator.Mutate(Types[0]) : mutator.Pick(Types));
            using var request = new HttpRequestMessage(HttpMethod.Post, Unknown) { Content = new ByteArrayContent(form) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", new string([.. type.Where(c => !char.IsControl(c) && c < 128)]));
            using var answer = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);

            // 404: signed in, and there is no such volume. 429: a hundred unknown tokens before.
            ((int)answer.StatusCode).ShouldBeOneOf(401, 404, 406, 429);
            if ((int)answer.StatusCode is 404 or 406) caller.Token.ShouldBe(host.Token);
        });
    }
}
