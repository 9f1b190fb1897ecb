using System.Globalization;
using Microsoft.Playwright;

namespace Octavo.EndToEnd.Browser;

/// <summary>
/// The pictures of a walk, one a step, numbered: in the folder that <c>OCTAVO_SCREENSHOTS</c> names, for whoever wants to look at them, else in a
/// temporary one.
/// </summary>
/// <param name="visitor">Who walks.</param>
/// <param name="title">What the pictures' names begin with.</param>
sealed class Album(Visitor visitor, string title)
{
    static readonly string Folder =
        Environment.GetEnvironmentVariable("OCTAVO_SCREENSHOTS") ?? Directory.CreateTempSubdirectory("octavo-screenshots-").FullName;

    int step;

    /// <summary>Takes the whole page, and asks of it what is asked of every page.</summary>
    public async Task TakeAsync(string name)
    {
        step++;
        await visitor.Page.ScreenshotAsync(new PageScreenshotOptions
        {
            Path = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{title}-{visitor.Screen.Name}-{step:00}-{name}.png")),
            FullPage = true,
        });
        await visitor.ShouldBeSoundAsync();
    }
}
