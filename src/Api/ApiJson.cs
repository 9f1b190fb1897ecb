using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Octavo.Api;

/// <summary>The JSON of <c>/v2</c>: snake_case names, every key always present, no reflection at run time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(VolumePage))]
[JsonSerializable(typeof(VolumeAccepted))]
[JsonSerializable(typeof(CreateVolumeRequest))]
[JsonSerializable(typeof(UpdateVolumeRequest))]
[JsonSerializable(typeof(GrowVolumeRequest))]
[JsonSerializable(typeof(VolumeUpdated))]
[JsonSerializable(typeof(DeleteVolumesRequest))]
[JsonSerializable(typeof(DeletePlan))]
[JsonSerializable(typeof(DeleteSnapshotsRequest))]
[JsonSerializable(typeof(SnapshotDeletePlan))]
[JsonSerializable(typeof(SnapshotPlan))]
[JsonSerializable(typeof(ImportVolumeRequest))]
[JsonSerializable(typeof(SnapshotPage))]
[JsonSerializable(typeof(Totals))]
[JsonSerializable(typeof(VolumeFilter))]
[JsonSerializable(typeof(SnapshotFilter))]
[JsonSerializable(typeof(ChangeEvent))]
[JsonSerializable(typeof(SnapshotAccepted))]
[JsonSerializable(typeof(RestoreSnapshotRequest))]
[JsonSerializable(typeof(CreateSnapshotsRequest))]
[JsonSerializable(typeof(Page<OperationItem>))]
[JsonSerializable(typeof(Page<Operation>))]
[JsonSerializable(typeof(OperationAccepted))]
[JsonSerializable(typeof(CheckRequest))]
[JsonSerializable(typeof(IReadOnlyList<OperationStep>))]
[JsonSerializable(typeof(Page<Account>))]
[JsonSerializable(typeof(CreateAccountRequest))]
[JsonSerializable(typeof(Page<User>))]
[JsonSerializable(typeof(CreateUserRequest))]
[JsonSerializable(typeof(UpdateUserRequest))]
[JsonSerializable(typeof(UserToken))]
[JsonSerializable(typeof(Page<AccessToken>))]
[JsonSerializable(typeof(CreateTokenRequest))]
[JsonSerializable(typeof(NewToken))]
[JsonSerializable(typeof(Page<AttachedClient>))]
[JsonSerializable(typeof(AttachVolumeRequest))]
[JsonSerializable(typeof(AttachSnapshotRequest))]
[JsonSerializable(typeof(AttachAccepted))]
[JsonSerializable(typeof(DetachAccepted))]
[JsonSerializable(typeof(Page<AuditEntry>))]
[JsonSerializable(typeof(Page<Credential>))]
[JsonSerializable(typeof(CreateCredentialRequest))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>The one configured instance: text beyond ASCII is written as it is.</summary>
    public static ApiJson Wire { get; } = new(Make(JsonUnmappedMemberHandling.Skip));

    /// <summary>The same for what is received and must not be misread: a field that is not known is refused.</summary>
    public static ApiJson Strict { get; } = new(Make(JsonUnmappedMemberHandling.Disallow));

    static JsonSerializerOptions Make(JsonUnmappedMemberHandling unknown) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = unknown,
    };
}
