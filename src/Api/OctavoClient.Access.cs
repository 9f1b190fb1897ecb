namespace Octavo.Api;

/// <content>Credentials, accounts, users, tokens and the audit log.</content>
public sealed partial class OctavoClient
{
    /// <summary>Every credential of the account.</summary>
    public IAsyncEnumerable<Credential> ListCredentialsAsync(CancellationToken cancellation) =>
        ListAsync("/v2/credentials", "", ApiJson.Wire.PageCredential, cancellation);

    /// <summary>One credential.</summary>
    public Task<Credential> GetCredentialAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/credentials/{Escape(id)}", ApiJson.Wire.Credential, cancellation);

    /// <summary>Adds an AWS credential.</summary>
    public Task<Credential> CreateCredentialAsync(CreateCredentialRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/credentials", Json(request, ApiJson.Wire.CreateCredentialRequest), ApiJson.Wire.Credential, cancellation);

    /// <summary>Deletes a credential that nothing uses.</summary>
    /// <param name="forget">Also take what is listed through it off the list.</param>
    public Task DeleteCredentialAsync(string id, bool forget, CancellationToken cancellation) =>
        DeleteAsync($"/v2/credentials/{Escape(id)}{(forget ? "?forget=true" : "")}", cancellation);

    /// <summary>Asks for a look at everything that a credential opens, now.</summary>
    public Task<OperationAccepted> RefreshCredentialAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/credentials/{Escape(id)}/refresh", NoBody, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Every account; for the operator.</summary>
    public IAsyncEnumerable<Account> ListAccountsAsync(CancellationToken cancellation) =>
        ListAsync("/v2/accounts", "", ApiJson.Wire.PageAccount, cancellation);

    /// <summary>Makes an account; for the operator.</summary>
    public Task<Account> CreateAccountAsync(CreateAccountRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/accounts", Json(request, ApiJson.Wire.CreateAccountRequest), ApiJson.Wire.Account, cancellation);

    /// <summary>The caller.</summary>
    public Task<User> GetCallerAsync(CancellationToken cancellation) => GetAsync("/v2/user", ApiJson.Wire.User, cancellation);

    /// <summary>Every user of the caller's account.</summary>
    public IAsyncEnumerable<User> ListUsersAsync(CancellationToken cancellation) =>
        ListAsync("/v2/users", "", ApiJson.Wire.PageUser, cancellation);

    /// <summary>One user.</summary>
    public Task<User> GetUserAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/users/{Escape(id)}", ApiJson.Wire.User, cancellation);

    /// <summary>Makes a user; the answer holds the token, this once.</summary>
    public Task<UserToken> CreateUserAsync(CreateUserRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/users", Json(request, ApiJson.Wire.CreateUserRequest), ApiJson.Wire.UserToken, cancellation);

    /// <summary>Changes a user.</summary>
    public Task<User> UpdateUserAsync(string id, UpdateUserRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Patch, $"/v2/users/{Escape(id)}", Json(request, ApiJson.Wire.UpdateUserRequest), ApiJson.Wire.User, cancellation);

    /// <summary>Gives a user a new token; the old one is dead.</summary>
    public Task<UserToken> RegenerateTokenAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/users/{Escape(id)}/token", NoBody, ApiJson.Wire.UserToken, cancellation);

    /// <summary>Deletes a user.</summary>
    public Task DeleteUserAsync(string id, CancellationToken cancellation) => DeleteAsync($"/v2/users/{Escape(id)}", cancellation);

    /// <summary>The tokens of a user; the caller's own where none is named.</summary>
    public IAsyncEnumerable<AccessToken> ListTokensAsync(string? user, CancellationToken cancellation) =>
        ListAsync(TokensOf(user), "", ApiJson.Wire.PageAccessToken, cancellation);

    /// <summary>Makes a token of a user, or of the caller's own; the answer holds it, this once.</summary>
    public Task<NewToken> CreateTokenAsync(string? user, CreateTokenRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, TokensOf(user), Json(request, ApiJson.Wire.CreateTokenRequest), ApiJson.Wire.NewToken, cancellation);

    /// <summary>Revokes a token of a user, or of the caller's own; it is dead at once.</summary>
    public Task RevokeTokenAsync(string? user, string id, CancellationToken cancellation) =>
        DeleteAsync($"{TokensOf(user)}/{Escape(id)}", cancellation);

    /// <summary>The audit log, newest first, page after page as it is taken.</summary>
    public IAsyncEnumerable<AuditEntry> ListAuditAsync(AuditQuestion question, CancellationToken cancellation) =>
        ListAsync("/v2/audit", AuditWords(question), ApiJson.Wire.PageAuditEntry, cancellation);

    /// <summary>All of it at once, newest first: a JSON object a line.</summary>
    public async Task<Stream> ExportAuditAsync(AuditQuestion question, CancellationToken cancellation)
    {
        var response = await SendAsync(
            HttpMethod.Get, First("/v2/audit/export", AuditWords(question)), NoBody, HttpCompletionOption.ResponseHeadersRead, mayRepeat: true, cancellation);
        return await response.Content.ReadAsStreamAsync(cancellation);
    }

    static string TokensOf(string? user) => user is null ? "/v2/user/tokens" : $"/v2/users/{Escape(user)}/tokens";

    static string AuditWords(AuditQuestion q) =>
        Word("user", q.User) + Word("action", q.Action) + Word("subject_id", q.SubjectId) + Word("operation_id", q.OperationId)
        + Word("outcome", q.Outcome) + Word("since", Time(q.Since)) + Word("until", Time(q.Until));
}
