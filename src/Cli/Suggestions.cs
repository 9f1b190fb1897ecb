using System.CommandLine.Completions;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>Ids for the shell to complete, asked from the server. Whatever goes wrong, there are none: a shell that completes shows no errors.</summary>
static class Suggestions
{
    /// <summary>Nobody picks from more.</summary>
    const int Most = 50;

    /// <summary>Nobody waits longer for the Tab key.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static IEnumerable<CompletionItem> Volumes(Session session, CompletionContext context) => Of(session, context, (client, cancellation) =>
        client.ListVolumesAsync(new VolumeFilter(Search: Typed(context)), null, cancellation).Select(v => v.Id));

    public static IEnumerable<CompletionItem> DeletedVolumes(Session session, CompletionContext context) => Of(session, context, (client, cancellation) =>
        client.ListVolumesAsync(new VolumeFilter(State: "deleted"), null, cancellation).Select(v => v.Id));

    public static IEnumerable<CompletionItem> Snapshots(Session session, CompletionContext context) => Of(session, context, (client, cancellation) =>
        client.ListSnapshotsAsync(new SnapshotFilter(Search: Typed(context)), null, cancellation).Select(s => s.Id));

    public static IEnumerable<CompletionItem> Attachments(Session session, CompletionContext context) =>
        Of(session, context, (client, cancellation) => client.ListAttachmentsAsync(null, cancellation).Select(a => a.Id));

    public static IEnumerable<CompletionItem> Operations(Session session, CompletionContext context) =>
        Of(session, context, (client, cancellation) => client.ListOperationsAsync(cancellation).Select(o => o.Id));

    public static IEnumerable<CompletionItem> Credentials(Session session, CompletionContext context) =>
        Of(session, context, (client, cancellation) => client.ListCredentialsAsync(cancellation).Select(c => c.Id));

    public static IEnumerable<CompletionItem> Users(Session session, CompletionContext context) =>
        Of(session, context, (client, cancellation) => client.ListUsersAsync(cancellation).Select(u => u.Id));

    static string? Typed(CompletionContext context) => context.WordToComplete is { Length: > 0 } word ? word : null;

    static IEnumerable<CompletionItem> Of(
        Session session, CompletionContext context, Func<OctavoClient, CancellationToken, IAsyncEnumerable<string>> ask)
    {
        using var patience = new CancellationTokenSource(Patience, session.Time);
        try
        {
            // The parser asks for suggestions by a method that cannot be awaited.
            return Task.Run(async () => await ask(session.Client(context.ParseResult), patience.Token).Take(Most).ToListAsync(patience.Token))
                .GetAwaiter().GetResult().Select(id => new CompletionItem(id));
        }
        catch (Exception e) when (e is HttpRequestException or OctavoException or UserException or OperationCanceledException)
        {
            return [];
        }
    }
}
