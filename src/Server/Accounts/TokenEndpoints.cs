using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Audit;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary>
/// <c>/v2/user/tokens</c>, the caller's own, and <c>/v2/users/ID/tokens</c>, for admins. Nobody makes a token that may more or lasts longer than the one
/// that they ask with.
/// </summary>
static class TokenEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/user/tokens", ListOwnAsync).WithName("ListOwnTokens").WithQuery(PageOf.Parameters).Answers<Page<AccessToken>>();
        v2.MapPost("/user/tokens", CreateOwnAsync).WithName("CreateOwnToken").Answers<NewToken>(StatusCodes.Status201Created).Fails(ErrorCode.Forbidden);
        v2.MapDelete("/user/tokens/{id}", RevokeOwnAsync).WithName("RevokeOwnToken").AnswersNothing();
        v2.MapGet("/users/{id}/tokens", ListAsync).WithName("ListTokens").WithQuery(PageOf.Parameters).Answers<Page<AccessToken>>();
        v2.MapPost("/users/{id}/tokens", CreateAsync).WithName("CreateToken").Answers<NewToken>(StatusCodes.Status201Created);
        v2.MapDelete("/users/{id}/tokens/{token_id}", RevokeAsync).WithName("RevokeToken").AnswersNothing();
    }

    /// <summary>Lists the caller's own tokens.</summary>
    /// <remarks>Never the tokens themselves.</remarks>
    public static async Task<Page<AccessToken>> ListOwnAsync(Caller caller, PageOf page, TokenStore tokens, CancellationToken cancellation) =>
        await tokens.ListAsync(caller.User, page, cancellation);

    /// <summary>Makes a token for the caller.</summary>
    /// <remarks>It may at most what the one may that is asked with, and lasts no longer. It is shown this once.</remarks>
    public static Task<IResult> CreateOwnAsync(
        Caller caller, Body<CreateTokenRequest> body, Change change, TokenStore tokens, CancellationToken cancellation) =>
        MakeAsync(caller, () => Task.FromResult(caller.User), body.Value, change, tokens, cancellation);

    /// <summary>Revokes a token of the caller, at once.</summary>
    public static Task<IResult> RevokeOwnAsync(
        Caller caller, string id, Change change, TokenStore tokens, UserStore users, CancellationToken cancellation) =>
        EndAsync(caller, () => Task.FromResult(caller.User), id, change, tokens, users, cancellation);

    /// <summary>Lists a user's tokens.</summary>
    /// <remarks>For admins. Never the tokens themselves.</remarks>
    public static async Task<Page<AccessToken>> ListAsync(
        Admin caller, string id, PageOf page, TokenStore tokens, UserStore users, CancellationToken cancellation) =>
        await tokens.ListAsync(new UserId((await users.GetAsync(caller.Account, id, cancellation)).Id), page, cancellation);

    /// <summary>Makes a token for a user.</summary>
    /// <remarks>For admins. It may at most what the one may that is asked with, and lasts no longer. It is shown this once.</remarks>
    public static Task<IResult> CreateAsync(
        Admin caller, string id, Body<CreateTokenRequest> body, Change change, TokenStore tokens, UserStore users,
        CancellationToken cancellation) =>
        MakeAsync(caller, () => OfOtherAsync(caller, id, users, cancellation), body.Value, change, tokens, cancellation);

    /// <summary>Revokes a user's token, at once.</summary>
    /// <remarks>For admins.</remarks>
    public static Task<IResult> RevokeAsync(
        Admin caller, string id, string token_id, Change change, TokenStore tokens, UserStore users, CancellationToken cancellation) =>
        EndAsync(caller, () => OfOtherAsync(caller, id, users, cancellation), token_id, change, tokens, users, cancellation);

    static async Task<UserId> OfOtherAsync(Caller caller, string id, UserStore users, CancellationToken cancellation) =>
        new((await UserEndpoints.ToChangeAsync(caller, id, users, cancellation)).Id);

    static Task<IResult> MakeAsync(
        Caller caller, Func<Task<UserId>> of, CreateTokenRequest request, Change change, TokenStore tokens, CancellationToken cancellation)
    {
        var name = Names.Display(request.Name);
        var role = request.Role is { } word ? Roles.Parse(word) : caller.Role;
        if (role > caller.Role)
            throw new VolumeException(ErrorCode.Forbidden, $"The token that you ask with may at most what a role {Roles.Text(caller.Role)} may; so may one made with it.");
        // Kept in whole milliseconds.
        if (caller.ExpiresAt is { } end && !(request.ExpiresAt?.ToUnixTimeMilliseconds() <= end.ToUnixTimeMilliseconds()))
            throw new VolumeException(ErrorCode.Forbidden, $"The token that you ask with ends at {end:u}; one made with it cannot last longer. Give expires_at.");
        return change.RunAsync(async transaction =>
        {
            var user = await of();
            var made = await tokens.AddAsync(transaction, user, name, role, request.ExpiresAt, cancellation);
            return Outcome.Done(
                made, ApiJson.Wire.NewToken,
                Told(made.AccessToken, $"role {made.AccessToken.Role}, {(request.ExpiresAt is { } at ? $"ends {at:u}" : "never ends")}, of user {user}"),
                StatusCodes.Status201Created);
        });
    }

    static Task<IResult> EndAsync(
        Caller caller, Func<Task<UserId>> of, string id, Change change, TokenStore tokens, UserStore users, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var user = await of();
            var revoked = await tokens.RevokeAsync(transaction, user, id, cancellation)
                ?? throw new VolumeException(ErrorCode.NotFound, "There is no such token of this user.");
            await users.KeepAnAdminAsync(transaction, caller.Account, cancellation);
            return Outcome.Done(Told(revoked, $"of user {user}"));
        });

    static Subject Told(AccessToken token, string detail) => new("token", token.Id, token.Name, detail);
}
