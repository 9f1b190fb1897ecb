using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Console;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary>A user with the tokens, and what was just made.</summary>
/// <param name="User">The user.</param>
/// <param name="Tokens">The user's tokens.</param>
/// <param name="Base">Where the forms of the tokens go.</param>
/// <param name="MayChange">Whether this user may be changed by who looks.</param>
public sealed record UserView(User User, IReadOnlyList<AccessToken> Tokens, string Base, bool MayChange);

/// <summary>The console's pages of users and tokens: <c>/user</c> is whoever looks.</summary>
static class UsersConsole
{
    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/user", ShowOwnAsync).WithName("ConsoleShowCaller");
        console.MapPost("/user/tokens", CreateOwnTokenAsync).WithName("ConsoleCreateOwnToken");
        console.MapPost("/user/tokens/{token_id}/revoke", RevokeOwnTokenAsync).WithName("ConsoleRevokeOwnToken");
        console.MapGet("/users", ListAsync).WithName("ConsoleListUsers").WithQuery(PageOf.Parameters);
        console.MapPost("/users", CreateAsync).WithName("ConsoleCreateUser");
        console.MapGet("/users/{id}", ShowAsync).WithName("ConsoleShowUser");
        console.MapPost("/users/{id}", UpdateAsync).WithName("ConsoleUpdateUser");
        console.MapPost("/users/{id}/tokens", CreateTokenAsync).WithName("ConsoleCreateToken");
        console.MapPost("/users/{id}/tokens/{token_id}/revoke", RevokeTokenAsync).WithName("ConsoleRevokeToken");
        console.MapPost("/users/{id}/delete", DeleteAsync).WithName("ConsoleDeleteUser");
        console.MapPost("/accounts", CreateAccountAsync).WithName("ConsoleCreateAccount");
    }

    static Task<IResult> ShowOwnAsync(Caller caller, Frame frame, HttpContext context) => OwnPageAsync(caller, frame, Form.Empty, null, null, 200, context);

    static async Task<IResult> OwnPageAsync(
        Caller caller, Frame frame, Form form, NewToken? made, Refusal? refusal, int status, HttpContext context)
    {
        var user = await Service<UserStore>(context).GetAsync(caller.Account, caller.User.Value, context.RequestAborted);
        var tokens = await Service<TokenStore>(context).ListAsync(caller.User, All, context.RequestAborted);
        return Show.Page<UserDetailPage>(
            new { Frame = frame, View = new UserView(user, tokens.Items, "/user", MayChange: true), Made = made?.Token, Form = form, Refusal = refusal, IsOwn = true }, status);
    }

    static Task<IResult> CreateOwnTokenAsync(
        Caller caller, Frame frame, Form form, Change change, TokenStore tokens, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                var made = (Answer)await TokenEndpoints.CreateOwnAsync(caller, new Body<CreateTokenRequest>(TokenOf(form)), change, tokens, cancellation);
                return await OwnPageAsync(caller, frame, Form.Empty, Show.Answered(made, ApiJson.Wire.NewToken), null, StatusCodes.Status200OK, context);
            },
            (refusal, status) => OwnPageAsync(caller, frame, form, null, refusal, status, context));

    static async Task<IResult> RevokeOwnTokenAsync(
        Caller caller, string token_id, Change change, TokenStore tokens, UserStore users, CancellationToken cancellation) =>
        Show.Then(await TokenEndpoints.RevokeOwnAsync(caller, token_id, change, tokens, users, cancellation), _ => "/user");

    static Task<IResult> ListAsync(Admin caller, Frame frame, PageOf page, HttpContext context) => ListPageAsync(caller, frame, page, Form.Empty, null, null, 200, context);

    static async Task<IResult> ListPageAsync(
        Admin caller, Frame frame, PageOf page, Form form, UserToken? made, Refusal? refusal, int status, HttpContext context)
    {
        var (items, next) = await Service<UserStore>(context).ListAsync(caller.Account, page, context.RequestAborted);
        var accounts = caller.IsServiceOperator ? (await Service<AccountStore>(context).ListAsync(All, context.RequestAborted)).Items : null;
        return Show.Page<UsersPage>(
            new { Frame = frame, Items = items, Next = next, Address = ListAddress.Of(context), Made = made, Form = form, Refusal = refusal, Accounts = accounts },
            status);
    }

    static Task<IResult> CreateAsync(
        Admin caller, Frame frame, Form form, Change change, UserStore users, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                var request = new CreateUserRequest(form.Trimmed("name"), form.Text("account"), form.Text("role"), form.IsTicked("api_access"));
                var made = (Answer)await UserEndpoints.CreateAsync(caller, new Body<CreateUserRequest>(request), change, users, cancellation);
                return await ListPageAsync(caller, frame, All, Form.Empty, Show.Answered(made, ApiJson.Wire.UserToken), null, StatusCodes.Status200OK, context);
            },
            (refusal, status) => ListPageAsync(caller, frame, All, form, null, refusal, status, context));

    static Task<IResult> ShowAsync(Admin caller, Frame frame, string id, HttpContext context) =>
        OnePageAsync(caller, frame, id, Form.Empty, null, null, StatusCodes.Status200OK, context);

    static async Task<IResult> OnePageAsync(
        Admin caller, Frame frame, string id, Form form, NewToken? made, Refusal? refusal, int status, HttpContext context)
    {
        var user = await Service<UserStore>(context).GetAsync(caller.Account, id, context.RequestAborted);
        var tokens = await Service<TokenStore>(context).ListAsync(new UserId(user.Id), All, context.RequestAborted);
        var view = new UserView(user, tokens.Items, $"/users/{user.Id}", MayChange: !user.IsServiceOperator || caller.IsServiceOperator);
        return Show.Page<UserDetailPage>(new { Frame = frame, View = view, Made = made?.Token, Form = form, Refusal = refusal, IsOwn = false }, status);
    }

    static Task<IResult> UpdateAsync(
        Admin caller, Frame frame, string id, Form form, Change change, UserStore users, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () => Show.Then(
                await UserEndpoints.UpdateAsync(
                    caller, id, new Body<UpdateUserRequest>(new UpdateUserRequest(form.Text("role"), form.Text("api_access") is { } word ? word == "true" : null)),
                    change, users, cancellation),
                _ => $"/users/{id}"),
            (refusal, status) => OnePageAsync(caller, frame, id, form, null, refusal, status, context));

    static Task<IResult> CreateTokenAsync(
        Admin caller, Frame frame, string id, Form form, Change change, TokenStore tokens, UserStore users, HttpContext context,
        CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                var made = (Answer)await TokenEndpoints.CreateAsync(caller, id, new Body<CreateTokenRequest>(TokenOf(form)), change, tokens, users, cancellation);
                return await OnePageAsync(caller, frame, id, Form.Empty, Show.Answered(made, ApiJson.Wire.NewToken), null, StatusCodes.Status200OK, context);
            },
            (refusal, status) => OnePageAsync(caller, frame, id, form, null, refusal, status, context));

    static async Task<IResult> RevokeTokenAsync(
        Admin caller, string id, string token_id, Change change, TokenStore tokens, UserStore users, CancellationToken cancellation) =>
        Show.Then(await TokenEndpoints.RevokeAsync(caller, id, token_id, change, tokens, users, cancellation), _ => $"/users/{id}");

    static async Task<IResult> DeleteAsync(
        Admin caller, string id, Form form, Change change, UserStore users, CancellationToken cancellation) => form.IsTicked("sure")
        ? Show.Then(await UserEndpoints.DeleteAsync(caller, id, change, users, cancellation), _ => "/users")
        : throw new VolumeException(ErrorCode.Invalid, "Tick that you are sure: the user's tokens are dead at once.");

    static Task<IResult> CreateAccountAsync(
        ServiceOperator caller, Frame frame, Form form, Change change, AccountStore accounts, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () => Show.Then(
                await AccountEndpoints.CreateAsync(
                    caller, new Body<CreateAccountRequest>(new CreateAccountRequest(form.Trimmed("account_name"))), change, accounts, cancellation),
                _ => "/users"),
            (refusal, status) => ListPageAsync(new Admin(caller), frame, All, form, null, refusal, status, context));

    static readonly PageOf All = new(PageOf.MaxLimit, null);

    static CreateTokenRequest TokenOf(Form form)
    {
        DateTimeOffset? ends = form.Trimmed("expires_at") is not { } text ? null
            : DateOnly.TryParseExact(text, "yyyy-MM-dd", out var day) ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero)
            : throw new VolumeException(ErrorCode.Invalid, $"expires_at is \"{text}\"; it is a date like 2027-01-31.");
        return new CreateTokenRequest(form.Trimmed("token_name"), form.Text("role"), ends);
    }

    static T Service<T>(HttpContext context) where T : notnull => context.RequestServices.GetRequiredService<T>();
}
