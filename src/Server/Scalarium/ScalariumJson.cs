using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Octavo.Core;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;

namespace Octavo.Server.Scalarium;

/// <summary>
/// The JSON of v1, byte for byte: the page's keys in the page's order, nulls written, times as
/// <c>2011/08/26 08:46:13 +0000</c>, no blanks, text beyond ASCII as it is.
/// </summary>
static class ScalariumJson
{
    static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Makes one JSON value.</summary>
    public static ReadOnlyMemory<byte> Bytes(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options)) write(json);
        return buffer.WrittenMemory;
    }

    /// <summary>The same into a buffer of the caller's, for many values one after the other.</summary>
    public static Utf8JsonWriter Writer(IBufferWriter<byte> buffer) => new(buffer, Options);

    public static void Volume(Utf8JsonWriter json, VolumeRow volume)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, volume.Id);
        json.WriteString("aws_instance_id"u8, volume.InstanceId);
        json.WriteNull("raid_array_id"u8);
        json.WriteString("volume_id"u8, volume.ProviderVolumeId);
        json.WriteString("availability_zone"u8, volume.AvailabilityZone);
        json.WriteString("status"u8, States.Text(volume.State));
        json.WriteString("attachment_status"u8, volume.AttachmentState);
        json.WriteString("created_at"u8, Time(volume.CreatedAt));
        json.WriteString("attached_at"u8, volume.AttachedAt is { } attached ? Time(attached) : null);
        json.WriteString("updated_at"u8, Time(volume.UpdatedAt));
        json.WriteString("device"u8, volume.Device);
        json.WriteNumber("size"u8, volume.Size.GiB);
        json.WriteString("credential_id"u8, volume.CredentialId);
        json.WriteString("name"u8, volume.Name);
        json.WriteString("mount_point"u8, volume.MountPoint);
        json.WriteString("snapshot_id"u8, volume.SourceSnapshotId);
        json.WriteNull("instance_id"u8);
        json.WriteEndObject();
    }

    public static void Snapshot(Utf8JsonWriter json, SnapshotRow snapshot)
    {
        json.WriteStartObject();
        json.WriteString("volume_id"u8, snapshot.ProviderVolumeId);
        json.WriteString("status"u8, States.Text(snapshot.State));
        json.WriteString("progress"u8, FormattableString.Invariant($"{snapshot.ProgressPercent}%"));
        json.WriteString("started_at"u8, Time(snapshot.StartedAt));
        json.WriteString("id"u8, snapshot.ProviderSnapshotId);
        json.WriteEndObject();
    }

    public static void Credential(Utf8JsonWriter json, Api.Credential credential, AccountId account)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, credential.Id);
        json.WriteString("name"u8, credential.Name);
        json.WriteString("aws_access_key_id"u8, credential.AwsAccessKeyId);
        json.WriteString("created_at"u8, Time(credential.CreatedAt));
        json.WriteString("updated_at"u8, Time(credential.UpdatedAt));
        json.WriteString("account_id"u8, account.Value);
        json.WriteEndObject();
    }

    public static void List<T>(Utf8JsonWriter json, IEnumerable<T> items, Action<Utf8JsonWriter, T> item)
    {
        json.WriteStartArray();
        foreach (var one in items) item(json, one);
        json.WriteEndArray();
    }

    public static void Errors(Utf8JsonWriter json, string sentence)
    {
        json.WriteStartObject();
        json.WriteStartArray("errors"u8);
        json.WriteStringValue(sentence);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy'/'MM'/'dd HH':'mm':'ss '+0000'", CultureInfo.InvariantCulture);
}
