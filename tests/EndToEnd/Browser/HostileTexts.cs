namespace Octavo.EndToEnd.Browser;

/// <summary>Names that want to be more than names. Whichever runs, leaves its mark on the window or opens a dialog.</summary>
static class HostileTexts
{
    /// <summary>What is true on a page where one of them ran.</summary>
    public const string Mark = "window.__pwned === true";

    /// <summary>What anybody may give as a name, as far as the service's own rules go.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "<script>window.__pwned=true;alert(1)</script>",
        "\"><img src=x onerror=\"window.__pwned=true;alert(1)\">",
        "'><svg onload='window.__pwned=true'>",
        "</title></textarea></script><script>window.__pwned=true</script>",
        "javascript:window.__pwned=true",
        "{{constructor.constructor('window.__pwned=true')()}} ${window.__pwned=true} @(1+1)",
        "<a href=\"javascript:window.__pwned=true\" hx-on:click=\"window.__pwned=true\" hx-get=\"/sign-out\" hx-trigger=\"load\">here</a>",
        "<style>*{display:none}</style><meta http-equiv=refresh content=0;url=javascript:alert(1)>",
        "invoice\u202Egpj.exe",
        "&lt;b&gt;&amp;amp;&#x27;",
        string.Concat(Enumerable.Repeat("🙈", 127)),
        new string('w', 255),
    ];

    /// <summary>What only AWS would let somebody write: line ends and other control characters, in a tag.</summary>
    public static IReadOnlyList<string> OnlyInTags { get; } =
    [
        "first\r\nSet-Cookie: session=planted\r\n\r\n<script>window.__pwned=true</script>",
        "a\ttab\nand\u202Ethe\u2066other\u2029side",
    ];
}
