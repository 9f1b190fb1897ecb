using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Audit;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary><c>/v2/users</c>: the users of the caller's own account, and <c>/v2/user</c>, the caller.</summary>
static class UserEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/user", ShowCallerAsync).WithName("ShowCaller").Answers<User>().WithEtag();
        v2.MapGet("/users", ListAsync).WithName("ListUsers").WithQuery(PageOf.Parameters).Answers<Page<User>>();
        v2.MapPost("/users", CreateAsync).WithName("CreateUser")
            .Answers<UserToken>(StatusCodes.Status201Created, hasLocation: true).Fails(ErrorCode.NotFound);
        v2.MapGet("/users/{id}", ShowAsync).WithName("ShowUser").Answers<User>().WithEtag();
        v2.MapPatch("/users/{id}", UpdateAsync).WithName("UpdateUser").Answers<User>().WithIfMatch();
        v2.MapDelete("/users/{id}", DeleteAsync).WithName("DeleteUser").AnswersNothing().WithIfMatch();
        v2.MapPost("/users/{id}/token", RegenerateTokenAsync).WithName("RegenerateToken").Answers<UserToken>();
    }

    /// <summary>Shows the caller.</summary>
    public static async Task<IResult> ShowCallerAsync(Caller caller, UserStore users, HttpContext context, CancellationToken cancellation) =>
        await Etag.AnswerAsync(context, await users.GetAsync(caller.Account, caller.User.Value, cancellation), ApiJson.Wire.User);

    /// <summary>Lists the users of the account.</summary>
    /// <remarks>For admins.</remarks>
    public static async Task<Page<User>> ListAsync(Admin caller, PageOf page, UserStore users, CancellationToken cancellation) =>
        await users.ListAsync(caller.Account, page, cancellation);

    /// <summary>Makes a user, with a first token.</summary>
    /// <remarks>For admins. The token is shown this once. It is accepted when <c>api_access</c> is on.</remarks>
    public static Task<IResult> CreateAsync(
        Admin caller, Body<CreateUserRequest> body, Change change, UserStore users, CancellationToken cancellation)
    {
        var request = body.Value;
        var account = request.Account ?? caller.AccountName;
        if (account != caller.AccountName && !caller.IsServiceOperator)
            throw new VolumeException(ErrorCode.Forbidden, "Only the service's operator may make users in another account. Leave out account for your own.");
        var role = Roles.Parse(request.Role ?? Roles.Text(Role.Viewer));
        return change.RunAsync(async transaction =>
        {
            var made = await users.CreateAsync(transaction, account, Names.Display(request.Name), role, request.ApiAccess, cancellation);
            return Outcome.Done(
                made, ApiJson.Wire.UserToken, Told(made.User, $"{made.User.Role} in account {account}"), StatusCodes.Status201Created,
                $"/v2/users/{made.User.Id}", Etag.Of(made.User, ApiJson.Wire.User));
        });
    }

    /// <summary>Shows a user.</summary>
    /// <remarks>For admins.</remarks>
    public static async Task<IResult> ShowAsync(Admin caller, string id, UserStore users, HttpContext context, CancellationToken cancellation) =>
        await Etag.AnswerAsync(context, await users.GetAsync(caller.Account, id, cancellation), ApiJson.Wire.User);

    /// <summary>Changes a user's role or API access.</summary>
    /// <remarks>For admins. At once, for all tokens of the user. The last admin with API access cannot be taken away.</remarks>
    public static Task<IResult> UpdateAsync(
        Admin caller, string id, Body<UpdateUserRequest> body, Change change, UserStore users, CancellationToken cancellation)
    {
        var (role, access) = body.Value;
        Role? parsed = role is null ? null : Roles.Parse(role);
        return change.RunAsync(async transaction =>
        {
            change.Require(await ToChangeAsync(caller, id, users, cancellation), ApiJson.Wire.User);
            var user = await users.UpdateAsync(transaction, caller.Account, id, parsed, access, cancellation);
            return Outcome.Done(
                user, ApiJson.Wire.User, Told(user, $"{user.Role}, API access {(user.ApiAccess ? "on" : "off")}"), tag: Etag.Of(user, ApiJson.Wire.User));
        });
    }

    /// <summary>Deletes a user, with all tokens.</summary>
    /// <remarks>For admins. The audit log keeps the name.</remarks>
    public static Task<IResult> DeleteAsync(Admin caller, string id, Change change, UserStore users, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var user = await ToChangeAsync(caller, id, users, cancellation);
            change.Require(user, ApiJson.Wire.User);
            await users.DeleteAsync(transaction, caller.Account, id, cancellation);
            return Outcome.Done(Told(user));
        });

    /// <summary>Gives a user a new default token; the old one is dead.</summary>
    /// <remarks>For admins. The token is shown this once.</remarks>
    public static Task<IResult> RegenerateTokenAsync(Admin caller, string id, Change change, UserStore users, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            await ToChangeAsync(caller, id, users, cancellation);
            var made = await users.RegenerateTokenAsync(transaction, caller.Account, id, cancellation);
            return Outcome.Done(made, ApiJson.Wire.UserToken, Told(made.User, "token default"));
        });

    /// <summary>A user of the caller's account whom the caller may change: whoever had a token of the service's operator would be it.</summary>
    /// <exception cref="VolumeException">Not found. Forbidden: the service's operator, for anybody else.</exception>
    public static async Task<User> ToChangeAsync(Caller caller, string id, UserStore users, CancellationToken cancellation)
    {
        var user = await users.GetAsync(caller.Account, id, cancellation);
        return user.IsServiceOperator && !caller.IsServiceOperator
            ? throw new VolumeException(ErrorCode.Forbidden, "This is the service's operator, whom only the operator may change.")
            : user;
    }

    static Subject Told(User user, string? detail = null) => new("user", user.Id, user.Name, detail);
}
