using System.Globalization;
using Octavo.Api;

namespace Octavo.EndToEnd.Clients;

/// <summary>The bytes of v1, written here once more from the contract, and not by the server's code.</summary>
static class V1
{
    public const string ContentType = "application/json; charset=utf-8";

    /// <summary>A volume on no instance.</summary>
    public static string Json(Volume volume) =>
        $$"""
        {"id":"{{volume.Id}}","aws_instance_id":null,"raid_array_id":null,"volume_id":"{{volume.ProviderVolumeId}}",
        "availability_zone":"{{volume.AvailabilityZone}}","status":"{{volume.State}}","attachment_status":null,
        "created_at":"{{Time(volume.CreatedAt)}}","attached_at":null,"updated_at":"{{Time(volume.UpdatedAt)}}","device":null,
        "size":{{volume.SizeGib}},"credential_id":"{{volume.CredentialId}}","name":"{{volume.Name}}","mount_point":null,
        "snapshot_id":null,"instance_id":null}
        """.ReplaceLineEndings("");

    /// <summary>A snapshot in a state.</summary>
    public static string Json(Snapshot snapshot) =>
        $$"""
        {"volume_id":"{{snapshot.ProviderVolumeId}}","status":"{{snapshot.State}}","progress":"{{snapshot.ProgressPercent}}%",
        "started_at":"{{Time(snapshot.StartedAt)}}","id":"{{snapshot.ProviderSnapshotId}}"}
        """.ReplaceLineEndings("");

    /// <summary>A pattern for a snapshot that was just taken: how far it is by then is chance, all else is not.</summary>
    public static string JustTaken(Volume volume) =>
        $$"""
        ^\{"volume_id":"{{volume.ProviderVolumeId}}","status":"(pending|completed)","progress":"[0-9]{1,3}%",
        "started_at":"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \+0000","id":"snap-[0-9a-f]{17}"\}$
        """.ReplaceLineEndings("");

    /// <summary>A time of v1.</summary>
    public static string Time(DateTimeOffset time) => time.ToString("yyyy'/'MM'/'dd HH':'mm':'ss '+0000'", CultureInfo.InvariantCulture);
}
