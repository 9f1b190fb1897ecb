using Octavo.Api;
using Octavo.Server.Audit;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary><c>/v2/accounts</c>: for the operator, who makes accounts and gets no view into them.</summary>
static class AccountEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/accounts", ListAsync).WithName("ListAccounts").WithQuery(PageOf.Parameters);
        v2.MapPost("/accounts", CreateAsync).WithName("CreateAccount");
    }

    static async Task<Page<Account>> ListAsync(ServiceOperator caller, PageOf page, AccountStore accounts, CancellationToken cancellation) =>
        await accounts.ListAsync(page, cancellation);

    public static Task<IResult> CreateAsync(
        ServiceOperator caller, Body<CreateAccountRequest> body, Change change, AccountStore accounts, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var account = await accounts.AddAsync(transaction, Names.Account(body.Value.Name), cancellation);
            return Outcome.Done(
                account, ApiJson.Wire.Account, new Subject("account", account.Id, account.Name), StatusCodes.Status201Created);
        });
}
