namespace Octavo.EndToEnd.Browser;

/// <summary>Every page with something on it: what <see cref="PageQuality"/> asks for. The walk does it in the other colors.</summary>
public class PagesTests(Chromium chromium, ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_page_is_sound(bool isByPhone)
    {
        await using var visitor = await chromium.VisitorAsync(console.Address, isByPhone ? Screen.Phone : Screen.DarkDesktop);
        var album = new Album(visitor, "pages");
        await visitor.OpenAsync("/sign-in");
        await album.TakeAsync("sign-in");
        await visitor.SignInAsync(console.Token);

        foreach (var path in console.Pages)
        {
            (await visitor.OpenAsync(path)).Status.ShouldBe(200, path);
            await album.TakeAsync(path.Trim('/').Replace('/', '-'));
        }
    }
}
