using Octavo.Api;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary><c>/v2/accounts</c>: for the operator, who makes accounts and gets no view into them.</summary>
static class AccountEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/accounts", ListAsync).WithName("ListAccounts");
        v2.MapPost("/accounts", CreateAsync).WithName("CreateAccount");
    }

    static async Task<Page<Account>> ListAsync(Operator caller, PageOf page, AccountStore accounts, CancellationToken cancellation) =>
        await accounts.ListAsync(page, cancellation);

    static async Task<IResult> CreateAsync(
        Operator caller, Body<CreateAccountRequest> body, AccountStore accounts, CancellationToken cancellation)
    {
        var account = await accounts.CreateAsync(Names.Account(body.Value.Name), cancellation);
        return TypedResults.Json(account, ApiJson.Wire.Account, statusCode: StatusCodes.Status201Created);
    }
}
