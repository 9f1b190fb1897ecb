namespace Octavo.Api;

/// <summary>An account. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Name">1 to 63 of a–z, 0–9 and hyphen, beginning with a letter or digit.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record Account(string Id, string Name, DateTimeOffset CreatedAt);

/// <summary>Body of <c>POST /v2/accounts</c> (the service's operator only).</summary>
/// <param name="Name">1 to 63 of a–z, 0–9 and hyphen, beginning with a letter or digit.</param>
public sealed record CreateAccountRequest(string? Name);

/// <summary>A user. Never carries a token. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Name">1 to 255 characters, unique in the account.</param>
/// <param name="Account">The account's name.</param>
/// <param name="Role">viewer: looks; operator: also changes, and deletes nothing; admin: everything, users and credentials too.</param>
/// <param name="ApiAccess">Off for new users: their tokens are not accepted until it is on.</param>
/// <param name="IsServiceOperator">May also make accounts, and users in them; sees nothing else of them.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record User(
    string Id, string Name, string Account, string Role, bool ApiAccess, bool IsServiceOperator, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Body of <c>POST /v2/users</c>.</summary>
/// <param name="Name">1 to 255 characters, no control characters, unique in the account.</param>
/// <param name="Account">The account's name; the caller's own if left out. Others: the service's operator only.</param>
/// <param name="Role">viewer, also if left out, operator or admin.</param>
/// <param name="ApiAccess">False if left out.</param>
public sealed record CreateUserRequest(string? Name, string? Account = null, string? Role = null, bool ApiAccess = false);

/// <summary>Body of <c>PATCH /v2/users/ID</c>: what is left out stays.</summary>
/// <param name="Role">viewer, operator or admin.</param>
/// <param name="ApiAccess">Whether the user's tokens are accepted.</param>
public sealed record UpdateUserRequest(string? Role, bool? ApiAccess);

/// <summary>A user with a new token: the only time that the token is shown.</summary>
/// <param name="User">The user.</param>
/// <param name="Token">64 hexadecimal digits.</param>
public sealed record UserToken(User User, string Token);

/// <summary>A token of a user, without the token itself. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Name">What it is for: 1 to 255 characters, unique among the user's. The first one is named <c>default</c>.</param>
/// <param name="Role">The most that it may do, whatever its user may: viewer, operator or admin.</param>
/// <param name="ExpiresAt">From then on it is not accepted; null for never.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record AccessToken(string Id, string Name, string Role, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt);

/// <summary>Body of <c>POST /v2/user/tokens</c> and <c>POST /v2/users/ID/tokens</c>.</summary>
/// <param name="Name">1 to 255 characters, no control characters, unique among the user's.</param>
/// <param name="Role">The most that it may do: viewer, operator or admin; all that its user may if left out.</param>
/// <param name="ExpiresAt">When it ends, in the future; never if left out.</param>
public sealed record CreateTokenRequest(string? Name, string? Role = null, DateTimeOffset? ExpiresAt = null);

/// <summary>A new token: the only time that it is shown.</summary>
/// <param name="AccessToken">What is kept of it.</param>
/// <param name="Token">64 hexadecimal digits.</param>
public sealed record NewToken(AccessToken AccessToken, string Token);
