using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary><c>/v2/users</c>: the users of the caller's own account, and <c>/v2/user</c>, the caller.</summary>
static class UserEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/user", ShowCallerAsync).WithName("ShowCaller");
        v2.MapGet("/users", ListAsync).WithName("ListUsers");
        v2.MapPost("/users", CreateAsync).WithName("CreateUser");
        v2.MapGet("/users/{id}", ShowAsync).WithName("ShowUser");
        v2.MapPatch("/users/{id}", UpdateAsync).WithName("UpdateUser");
        v2.MapDelete("/users/{id}", DeleteAsync).WithName("DeleteUser");
        v2.MapPost("/users/{id}/token", RegenerateTokenAsync).WithName("RegenerateToken");
    }

    static async Task<User> ShowCallerAsync(Caller caller, UserStore users, CancellationToken cancellation) =>
        await users.FindAsync(caller.Account, caller.User.Value, cancellation) ?? throw NotFound();

    static async Task<Page<User>> ListAsync(Admin caller, PageOf page, UserStore users, CancellationToken cancellation) =>
        await users.ListAsync(caller.Account, page, cancellation);

    static async Task<IResult> CreateAsync(
        Admin caller, Body<CreateUserRequest> body, UserStore users, CancellationToken cancellation)
    {
        var request = body.Value;
        var account = request.Account ?? caller.AccountName;
        if (account != caller.AccountName && !caller.IsOperator)
            throw new VolumeException(ErrorCode.Forbidden, "Only the service's operator may make users in another account. Leave out account for your own.");
        var created = await users.CreateAsync(
            account, Names.Display(request.Name), request.IsAdmin, request.ApiAccess, cancellation);
        return TypedResults.Json(created, ApiJson.Wire.UserToken, statusCode: StatusCodes.Status201Created);
    }

    static async Task<User> ShowAsync(Admin caller, string id, UserStore users, CancellationToken cancellation) =>
        await users.FindAsync(caller.Account, id, cancellation) ?? throw NotFound();

    static async Task<User> UpdateAsync(
        Admin caller, string id, Body<UpdateUserRequest> body, UserStore users, CancellationToken cancellation) =>
        await users.UpdateAsync(caller.Account, id, body.Value.IsAdmin, body.Value.ApiAccess, cancellation) ?? throw NotFound();

    static async Task<IResult> DeleteAsync(Admin caller, string id, UserStore users, CancellationToken cancellation) =>
        await users.DeleteAsync(caller.Account, id, cancellation) ? TypedResults.NoContent() : throw NotFound();

    static async Task<UserToken> RegenerateTokenAsync(Admin caller, string id, UserStore users, CancellationToken cancellation) =>
        await users.RegenerateTokenAsync(caller.Account, id, cancellation) ?? throw NotFound();

    static VolumeException NotFound() => new(ErrorCode.NotFound, "There is no such user in this account.");
}
