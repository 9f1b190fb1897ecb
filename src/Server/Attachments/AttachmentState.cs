namespace Octavo.Server.Attachments;

/// <summary>The states of an attachment, as the table and the wire spell them.</summary>
static class AttachmentState
{
    public const string Attaching = "attaching";
    public const string Attached = "attached";
    public const string Detaching = "detaching";
    public const string Detached = "detached";

    public static IReadOnlyList<string> All { get; } = [Attaching, Attached, Detaching, Detached];
}
