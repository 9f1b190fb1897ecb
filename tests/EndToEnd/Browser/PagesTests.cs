namespace Octavo.EndToEnd.Browser;

/// <summary>Every page, by day and by night, wide and narrow: what <see cref="PageQuality"/> asks for.</summary>
public class PagesTests(Chromium chromium, ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    static readonly Screen[] screens = [Screen.Desktop, Screen.DarkDesktop, Screen.Phone, Screen.DarkPhone];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_page_is_sound(int screen)
    {
        await using var visitor = await chromium.VisitorAsync(console.Address, screens[screen]);
        var album = new Album(visitor, "pages");
        await visitor.OpenAsync("/sign-in");
        await album.TakeAsync("sign-in");
        await visitor.SignInAsync(console.Token);

        foreach (var path in console.Pages)
        {
            (await visitor.OpenAsync(path)).Status.ShouldBe(200, path);
            await album.TakeAsync(path.Replace('/', '_'));
        }
    }
}
