using Octavo.Api;
using Octavo.Server.Audit;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary><c>/v2/accounts</c>: for the operator, who makes accounts and gets no view into them.</summary>
static class AccountEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/accounts", ListAsync).WithName("ListAccounts").WithQuery(PageOf.Parameters).Answers<Page<Account>>();
        v2.MapPost("/accounts", CreateAsync).WithName("CreateAccount").Answers<Account>(StatusCodes.Status201Created);
    }

    /// <summary>Lists the accounts.</summary>
    /// <remarks>For the service's operator, who sees their names and nothing inside them.</remarks>
    public static async Task<Page<Account>> ListAsync(ServiceOperator caller, PageOf page, AccountStore accounts, CancellationToken cancellation) =>
        await accounts.ListAsync(page, cancellation);

    /// <summary>Makes an account.</summary>
    /// <remarks>For the service's operator. Its first admin is made with <c>POST /v2/users</c> that names it.</remarks>
    public static Task<IResult> CreateAsync(
        ServiceOperator caller, Body<CreateAccountRequest> body, Change change, AccountStore accounts, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var account = await accounts.AddAsync(transaction, Names.Account(body.Value.Name), cancellation);
            return Outcome.Done(
                account, ApiJson.Wire.Account, new Subject("account", account.Id, account.Name), StatusCodes.Status201Created);
        });
}
