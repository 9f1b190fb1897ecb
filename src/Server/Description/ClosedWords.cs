using System.Text.Json.Nodes;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Attachments;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Operations;

namespace Octavo.Server.Description;

/// <summary>The fields that hold one of a few words, which the server chooses. What providers call their things is theirs, and not here.</summary>
static class ClosedWords
{
    static readonly string[] Volumes = [.. Enum.GetValues<VolumeState>().Select(States.Text)];
    static readonly string[] Snapshots = [.. Enum.GetValues<SnapshotState>().Select(States.Text)];
    static readonly string[] ListedSnapshots = ["pending", "completed", "error"];
    static readonly string[] AllRoles = [.. Enum.GetValues<Role>().Select(Roles.Text)];
    static readonly string[] Codes = [.. Enum.GetValues<ErrorCode>().Select(Problems.Word)];
    static readonly string[] Providers = ["local", "ebs"];

    static readonly Dictionary<(Type, string), IReadOnlyList<string>> All = new()
    {
        [(typeof(Volume), nameof(Volume.State))] = Volumes,
        [(typeof(Volume), nameof(Volume.Provider))] = Providers,
        [(typeof(VolumeFilter), nameof(VolumeFilter.State))] = Volumes,
        [(typeof(Snapshot), nameof(Snapshot.State))] = Snapshots,
        [(typeof(Snapshot), nameof(Snapshot.Provider))] = Providers,
        [(typeof(SnapshotFilter), nameof(SnapshotFilter.State))] = ListedSnapshots,
        [(typeof(AttachedClient), nameof(AttachedClient.State))] = AttachmentState.All,
        [(typeof(CellStatus), nameof(CellStatus.Provider))] = Providers,
        [(typeof(Credential), nameof(Credential.Provider))] = Providers,
        [(typeof(Credential), nameof(Credential.Source))] = ["none", "key", "profile", "machine"],
        [(typeof(CreateCredentialRequest), nameof(CreateCredentialRequest.Kind))] = ["aws"],
        [(typeof(CreateCredentialRequest), nameof(CreateCredentialRequest.Source))] = ["key", "profile", "machine"],
        [(typeof(Api.Operation), nameof(Api.Operation.Kind))] = OperationKind.All,
        [(typeof(Api.Operation), nameof(Api.Operation.State))] = OperationState.All,
        [(typeof(OperationItem), nameof(OperationItem.Kind))] = OperationKind.All,
        [(typeof(OperationItem), nameof(OperationItem.State))] = OperationState.All,
        [(typeof(OperationError), nameof(OperationError.Code))] = Codes,
        [(typeof(Problem), nameof(Problem.Code))] = Codes,
        [(typeof(User), nameof(User.Role))] = AllRoles,
        [(typeof(CreateUserRequest), nameof(CreateUserRequest.Role))] = AllRoles,
        [(typeof(UpdateUserRequest), nameof(UpdateUserRequest.Role))] = AllRoles,
        [(typeof(AccessToken), nameof(AccessToken.Role))] = AllRoles,
        [(typeof(CreateTokenRequest), nameof(CreateTokenRequest.Role))] = AllRoles,
        [(typeof(Blocker), nameof(Blocker.Code))] = ["in_use", "creating", "protected", "managed", "busy", "pending"],
        [(typeof(ChangeEvent), nameof(ChangeEvent.Kind))] = ChangedKind.All,
        [(typeof(ChangeEvent), nameof(ChangeEvent.What))] = ["created", "updated", "deleted"],
        [(typeof(AuditEntry), nameof(AuditEntry.Via))] = ["v1", "v2", "console"],
        [(typeof(AuditEntry), nameof(AuditEntry.Outcome))] = ["done", "accepted", "refused"],
    };

    /// <summary>The words of a property; null for any.</summary>
    public static IReadOnlyList<string>? Of(Type type, string property) => All.GetValueOrDefault((type, property));

    /// <summary>Words as a schema has them.</summary>
    public static List<JsonNode> Nodes(IEnumerable<string> words) => [.. words.Select(word => (JsonNode)word)];
}
