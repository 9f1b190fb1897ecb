using Microsoft.Playwright;

namespace Octavo.EndToEnd.Browser;

/// <summary>What somebody looks at the console with.</summary>
/// <param name="Name">For the names of pictures.</param>
/// <param name="Width">CSS pixels.</param>
/// <param name="Height">CSS pixels.</param>
/// <param name="IsTouch">Whether a finger is the pointer.</param>
/// <param name="Colors">Whether the system is set to light or dark.</param>
sealed record Screen(string Name, int Width, int Height, bool IsTouch, ColorScheme Colors)
{
    public static Screen Desktop { get; } = new("desktop-light", 1280, 900, IsTouch: false, ColorScheme.Light);

    public static Screen DarkDesktop { get; } = Desktop with { Name = "desktop-dark", Colors = ColorScheme.Dark };

    public static Screen Phone { get; } = new("phone-light", 390, 844, IsTouch: true, ColorScheme.Light);

    public static Screen DarkPhone { get; } = Phone with { Name = "phone-dark", Colors = ColorScheme.Dark };
}
