using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;

namespace Octavo.Server.Scalarium;

/// <summary>
/// The v1 API under <c>/api</c>, as its clients of 2011 know it. One request goes through its checks in the contract's order: token (401),
/// version (406), path (404) and verb (405), admin (403), object (404), state (412): nothing is told to strangers, and
/// nothing about objects to those who are not admins.
/// </summary>
sealed class ScalariumDialect(
    SignIn signIn, ScalariumVolumes volumes, ScalariumCredentials credentials, ScalariumErrors errors, ServerOptions options)
{
    const string ContentType = "application/json; charset=utf-8";

    /// <summary>Bytes given to Kestrel at a time, and kept for each client that is being sent a list.</summary>
    const int LongestPart = 256 << 10;

    /// <summary>Whether a request is v1's.</summary>
    public static bool Owns(string path) =>
        path.StartsWith(ScalariumRoutes.Base, StringComparison.Ordinal)
        && (path.Length == ScalariumRoutes.Base.Length || path[ScalariumRoutes.Base.Length] == '/');

    /// <summary>Answers a request, whatever happens.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await errors.AnswerAsync(context, e);
        }
    }

    async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var match = ScalariumRoutes.Match(request.Path.Value!);
        var says = options.HasFormSignIn && HttpMethods.IsPost(request.Method)
            && match is { Resource: ScalariumResource.VolumeSnapshots or ScalariumResource.VolumeSnapshotSingular }
                ? await ScalariumCaller.FromFormAsync(request, context.RequestAborted)
                : ScalariumCaller.FromHeaders(request);
        var caller = await signIn.WithTokenAsync(says.Token, context);
        if (!says.AcceptsVersion1())
        {
            await ScalariumErrors.WriteAsync(context, StatusCodes.Status406NotAcceptable,
                $"This version is not known here. Send the header Accept: {ScalariumCaller.MediaType}.");
            return;
        }
        if (match is not { } path)
        {
            await ScalariumErrors.WriteAsync(context, StatusCodes.Status404NotFound, "There is nothing at this address.");
            return;
        }
        var method = HttpMethods.IsHead(request.Method) ? HttpMethods.Get : request.Method;
        if (!ScalariumRoutes.All[path.Resource].Methods.Contains(method))
        {
            context.Response.Headers.Allow = ScalariumRoutes.Allow(path.Resource);
            if (HttpMethods.IsOptions(method))
            {
                context.Response.Headers.Vary = "Accept";
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            }
            else
                await ScalariumErrors.WriteAsync(context, StatusCodes.Status405MethodNotAllowed,
                    $"This address does not answer {method}, only {ScalariumRoutes.Allow(path.Resource)}.");
            return;
        }
        // Null where nobody measures.
        context.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(new("http.route", ScalariumRoutes.All[path.Resource].Pattern));
        context.Features.Set(caller);
        context.Features.Set(new AskedAction("v1", ScalariumRoutes.Action(path.Resource, method)));
        caller.Require(Role.Admin);
        await (path.Resource switch
        {
            ScalariumResource.Volumes => volumes.ListAsync(caller, context),
            ScalariumResource.Volume when HttpMethods.IsDelete(method) => volumes.DeleteAsync(caller, path.Id, context),
            ScalariumResource.Volume => volumes.ShowAsync(caller, path.Id, context),
            ScalariumResource.VolumeSnapshots when HttpMethods.IsGet(method) => volumes.ListSnapshotsAsync(caller, path.Id, context),
            ScalariumResource.VolumeSnapshots or ScalariumResource.VolumeSnapshotSingular =>
                volumes.CreateSnapshotAsync(caller, path.Id, context),
            ScalariumResource.VolumeSnapshot => volumes.ShowSnapshotAsync(caller, path.Id, path.SnapshotId, context),
            ScalariumResource.Credentials when HttpMethods.IsGet(method) => credentials.ListAsync(caller, context),
            ScalariumResource.Credentials => credentials.CreateAsync(caller, context),
            ScalariumResource.Credential when HttpMethods.IsGet(method) => credentials.ShowAsync(caller, path.Id, context),
            _ => credentials.DeleteAsync(caller, path.Id, context),
        });
    }

    /// <summary>
    /// Writes a JSON body with the headers of every v1 reply. Kestrel copies what it is given before it sends it: a long list goes out in parts,
    /// so that a client costs a part and not the list.
    /// </summary>
    public static Task WriteAsync(HttpResponse response, ReadOnlyMemory<byte> json)
    {
        response.Headers.ContentType = ContentType;
        response.Headers.Vary = "Accept";
        response.ContentLength = json.Length;
        return json.Length <= LongestPart ? response.BodyWriter.WriteAsync(json).AsTask() : WritePartsAsync(response.BodyWriter, json);
    }

    static async Task WritePartsAsync(PipeWriter body, ReadOnlyMemory<byte> json)
    {
        for (var rest = json; !rest.IsEmpty;)
        {
            var part = rest[..Math.Min(rest.Length, LongestPart)];
            if ((await body.WriteAsync(part)).IsCompleted) return;
            rest = rest[part.Length..];
        }
    }
}
