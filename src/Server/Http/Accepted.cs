using System.Text.Json.Serialization.Metadata;
using Octavo.Server.Operations;

namespace Octavo.Server.Http;

/// <summary>The answer to a change that was written down and will be done: 202, with the operation's address.</summary>
static class Accepted
{
    public static IResult Json<T>(Operation operation, Func<Api.Operation, T> answer, JsonTypeInfo<T> shape) =>
        new WithLocation($"/v2/operations/{operation.Id}",
            TypedResults.Json(answer(OperationStore.Wire(operation)), shape, statusCode: StatusCodes.Status202Accepted));

    sealed class WithLocation(string location, IResult inner) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.Location = location;
            return inner.ExecuteAsync(httpContext);
        }
    }
}
