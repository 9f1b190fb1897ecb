using Octavo.Core;

namespace Octavo.Server.Accounts;

/// <summary>What a user may do in the account, each all that the one before may.</summary>
enum Role
{
    /// <summary>Looks at everything but users and the audit log.</summary>
    Viewer,

    /// <summary>Also makes, changes and brings back; takes nothing away.</summary>
    Operator,

    /// <summary>Also deletes, and has users, credentials and the audit log.</summary>
    Admin,
}

/// <summary>The spelling of roles on the wire and in the database.</summary>
static class Roles
{
    /// <summary>The word for a role.</summary>
    public static string Text(Role role) => role switch
    {
        Role.Admin => "admin",
        Role.Operator => "operator",
        _ => "viewer",
    };

    /// <summary>The role of a word that a user gave.</summary>
    /// <exception cref="VolumeException">Invalid: there is no such role.</exception>
    public static Role Parse(string word) => word switch
    {
        "admin" => Role.Admin,
        "operator" => Role.Operator,
        "viewer" => Role.Viewer,
        _ => throw new VolumeException(ErrorCode.Invalid, $"There is no role \"{word}\". One of: viewer, operator, admin."),
    };
}
