namespace Octavo.Api;

/// <summary>An account. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Name">1 to 63 of a–z, 0–9 and hyphen, beginning with a letter or digit.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record Account(string Id, string Name, DateTimeOffset CreatedAt);

/// <summary>Body of <c>POST /v2/accounts</c> (the operator only).</summary>
/// <param name="Name">1 to 63 of a–z, 0–9 and hyphen, beginning with a letter or digit.</param>
public sealed record CreateAccountRequest(string? Name);

/// <summary>A user. Never carries a token. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Name">1 to 255 characters, unique in the account.</param>
/// <param name="Account">The account's name.</param>
/// <param name="IsAdmin">Only admins may touch volumes, snapshots, credentials and users.</param>
/// <param name="ApiAccess">Off for new users: the token is not accepted until it is on.</param>
/// <param name="IsOperator">May also make accounts, and users in them; sees nothing else of them.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record User(
    string Id, string Name, string Account, bool IsAdmin, bool ApiAccess, bool IsOperator, DateTimeOffset CreatedAt);

/// <summary>Body of <c>POST /v2/users</c>.</summary>
/// <param name="Name">1 to 255 characters, no control characters, unique in the account.</param>
/// <param name="Account">The account's name; the caller's own if left out. Others: the operator only.</param>
/// <param name="IsAdmin">False if left out.</param>
/// <param name="ApiAccess">False if left out.</param>
public sealed record CreateUserRequest(string? Name, string? Account, bool IsAdmin, bool ApiAccess);

/// <summary>Body of <c>PATCH /v2/users/ID</c>: what is left out stays.</summary>
public sealed record UpdateUserRequest(bool? IsAdmin, bool? ApiAccess);

/// <summary>A user with a new token: the only time that the token is shown.</summary>
public sealed record UserToken(User User, string Token);
