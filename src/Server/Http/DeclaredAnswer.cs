using System.Reflection;
using Octavo.Core;
using Octavo.Server.Accounts;

namespace Octavo.Server.Http;

/// <summary>
/// What a route of <c>/v2</c> answers, for the API's description. Routes declare theirs in the line that maps them; one that does not fails a test. What
/// can be read off a handler's parameters, such as who may call it, is not said again.
/// </summary>
/// <param name="Status">The status of success.</param>
/// <param name="MediaType">Of the answer; null where there is none.</param>
/// <param name="Text">What a body that is not one JSON value holds.</param>
/// <param name="HasLocation">Whether <c>Location</c> tells the address of what was made, or of its operation.</param>
/// <param name="HasPlan">Whether it answers with a plan where the request only wants to know.</param>
sealed record DeclaredAnswer(int Status, string? MediaType, string? Text = null, bool HasLocation = false, bool HasPlan = false)
{
    /// <summary>No status: the place at which a plan's shape waits for the description, which knows one shape a status.</summary>
    public const int PlanStatus = 299;

    /// <summary>The same for the shape of failures.</summary>
    public const int ProblemStatus = 599;
}

/// <summary>A request header that a route honours.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">For the API's description.</param>
sealed record RequestHeader(string Name, string Description);

/// <summary>The route's answer has an entity tag, and is 304 where the client has it.</summary>
sealed record TaggedAnswer;

/// <summary>The route makes its change only where the client has seen the present state; else 412.</summary>
sealed record GuardedChange;

/// <summary>How a route fails, beside what can be read off its parameters.</summary>
sealed record Failures(IReadOnlyList<ErrorCode> Codes);

/// <summary>The route takes the bytes of an image as its body, beside the JSON that its type says.</summary>
sealed record TakesImage(Type Json);

/// <summary>Declares what routes answer.</summary>
static class Answering
{
    const string Json = "application/json";

    /// <summary>One JSON value.</summary>
    public static RouteHandlerBuilder Answers<T>(
        this RouteHandlerBuilder route, int status = StatusCodes.Status200OK, bool hasLocation = false) =>
        route.With(new DeclaredAnswer(status, Json, HasLocation: hasLocation)).Shaped<T>(status);

    /// <summary>Nothing: it is done.</summary>
    public static RouteHandlerBuilder AnswersNothing(this RouteHandlerBuilder route) => route.With(new DeclaredAnswer(StatusCodes.Status204NoContent, null));

    /// <summary>JSON of no fixed shape.</summary>
    public static RouteHandlerBuilder AnswersAnyJson(this RouteHandlerBuilder route, string text) =>
        route.With(new DeclaredAnswer(StatusCodes.Status200OK, Json, text));

    /// <summary>Bytes or lines.</summary>
    public static RouteHandlerBuilder Streams(this RouteHandlerBuilder route, string mediaType, string text) =>
        route.With(new DeclaredAnswer(StatusCodes.Status200OK, mediaType, text));

    /// <summary>Bytes or lines, where <typeparamref name="T"/> is the shape of each.</summary>
    public static RouteHandlerBuilder Streams<T>(this RouteHandlerBuilder route, string mediaType, string text) =>
        route.Streams(mediaType, text).Shaped<T>(StatusCodes.Status200OK);

    /// <summary>An operation, by 202; by 200 where it was waited for and has ended, or where there is nothing left to do.</summary>
    public static RouteHandlerBuilder Accepts<T>(this RouteHandlerBuilder route) =>
        route.With(new DeclaredAnswer(StatusCodes.Status202Accepted, Json, HasLocation: true)).Shaped<T>(StatusCodes.Status202Accepted);

    /// <summary>The same, and by 200 the plan of it where the request only wants to know.</summary>
    public static RouteHandlerBuilder Accepts<T, TPlan>(this RouteHandlerBuilder route) =>
        route.With(new DeclaredAnswer(StatusCodes.Status202Accepted, Json, HasLocation: true, HasPlan: true))
            .Shaped<T>(StatusCodes.Status202Accepted).Shaped<TPlan>(DeclaredAnswer.PlanStatus);

    /// <summary>See <see cref="TaggedAnswer"/>.</summary>
    public static RouteHandlerBuilder WithEtag(this RouteHandlerBuilder route) =>
        route.With(new TaggedAnswer()).WithHeader("If-None-Match", "The ETag of an earlier answer: 304 where nothing has changed since.");

    /// <summary>See <see cref="GuardedChange"/>.</summary>
    public static RouteHandlerBuilder WithIfMatch(this RouteHandlerBuilder route) =>
        route.With(new GuardedChange()).WithHeader("If-Match", "The ETag of what was looked at: 412, and nothing changed, where it is not so any more.");

    /// <summary>See <see cref="RequestHeader"/>.</summary>
    public static RouteHandlerBuilder WithHeader(this RouteHandlerBuilder route, string name, string description) =>
        route.With(new RequestHeader(name, description));

    /// <summary>See <see cref="Failures"/>.</summary>
    public static RouteHandlerBuilder Fails(this RouteHandlerBuilder route, params IReadOnlyList<ErrorCode> codes) => route.With(new Failures(codes));

    /// <summary>See <see cref="TakesImage"/>.</summary>
    public static RouteHandlerBuilder Takes<TJson>(this RouteHandlerBuilder route) => route.With(new TakesImage(typeof(TJson)));

    static RouteHandlerBuilder With(this RouteHandlerBuilder route, object metadata) => route.WithMetadata(metadata);

    static RouteHandlerBuilder Shaped<T>(this RouteHandlerBuilder route, int status) => route.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(T), [Json]));

    /// <summary>The statuses by which a route fails, of those that mean something of its own.</summary>
    public static IEnumerable<int> FailureStatuses(IList<object> metadata, string path)
    {
        var parameters = metadata.OfType<MethodInfo>().Single().GetParameters().Select(parameter => parameter.ParameterType).ToHashSet();
        var codes = new HashSet<ErrorCode> { ErrorCode.Invalid, ErrorCode.Unauthenticated };
        if (parameters.Overlaps([typeof(Operator), typeof(Admin), typeof(ServiceOperator)])) codes.Add(ErrorCode.Forbidden);
        if (path.Contains('{', StringComparison.Ordinal)) codes.Add(ErrorCode.NotFound);
        if (parameters.Contains(typeof(Change))) codes.UnionWith([ErrorCode.Conflict, ErrorCode.QuotaExceeded, ErrorCode.Unavailable]);
        codes.UnionWith(metadata.OfType<Failures>().SelectMany(failures => failures.Codes));
        var statuses = codes.Select(Problems.Status).Append(StatusCodes.Status429TooManyRequests);
        return (metadata.OfType<GuardedChange>().Any() ? statuses.Append(StatusCodes.Status412PreconditionFailed) : statuses).Distinct().Order();
    }
}
