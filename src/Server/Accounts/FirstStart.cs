using Octavo.Server.Database;

namespace Octavo.Server.Accounts;

/// <summary>
/// The first start on a data folder: account <c>default</c> with an admin who is also the service's operator. The token is
/// printed once and left in <c>admin.token</c>, first line, together with three commands to try.
/// </summary>
static class FirstStart
{
    const string Account = "default";
    const string Admin = "admin";

    /// <summary>
    /// Does nothing where there is a user. The token file is written before the commit: after a crash between the two, the
    /// next start finds no user and begins again with a new token.
    /// </summary>
    public static async Task RunAsync(
        DataFolder folder, Database.Database database, AccountStore accounts, UserStore users, Uri address, TextWriter output,
        CancellationToken cancellation)
    {
        if (await users.HasAnyAsync(cancellation)) return;
        await using var transaction = await database.BeginAsync(cancellation);
        var account = await accounts.AddAsync(transaction, Account, cancellation);
        var admin = await users.AddAsync(
            transaction, account, Admin, Role.Admin, hasApiAccess: true, isServiceOperator: true, cancellation);
        folder.WriteToken(Text(admin.Token, address));
        await transaction.CommitAsync();
        await output.WriteLineAsync(
            $"""

            This is the first start. Account "{Account}" has an admin named "{Admin}" with this token, shown once:

                {admin.Token}

            Open {address} in a browser and sign in with it. It is also in {folder.TokenFile}, readable by you only,
            with three commands to try.

            """);
    }

    static string Text(string token, Uri address) =>
        $"""
        {token}
        # The first admin's token. Three commands to try:
        #   curl -H 'X-Scalarium-Token: {token}' -H 'Accept: application/vnd.scalarium-v1+json' {address}api/volumes
        #   curl -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{"{"}"name":"first","size_gib":1{"}"}' {address}v2/volumes
        #   dotnet run --project src/Cli -- volumes list --server {address} --token {token}

        """;
}
