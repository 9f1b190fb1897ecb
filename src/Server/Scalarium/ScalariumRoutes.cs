namespace Octavo.Server.Scalarium;

/// <summary>What a v1 path names.</summary>
enum ScalariumResource
{
    Volumes,
    Volume,
    VolumeSnapshots,
    VolumeSnapshotSingular,
    VolumeSnapshot,
    Credentials,
    Credential,
}

/// <summary>A v1 path taken apart: which resource, and the ids in it.</summary>
readonly record struct ScalariumPath(ScalariumResource Resource, string Id = "", string SnapshotId = "");

/// <summary>
/// The routes of v1, every one; the authorisation test's table is checked against <see cref="All"/>. Matched by hand because the
/// contract wants authentication before an unknown path is called unknown.
/// </summary>
static class ScalariumRoutes
{
    /// <summary>Where v1 lives.</summary>
    public const string Base = "/api";

    /// <summary>Each resource with its pattern and methods; HEAD and OPTIONS come with every one.</summary>
    public static IReadOnlyDictionary<ScalariumResource, (string Pattern, string[] Methods)> All { get; } =
        new Dictionary<ScalariumResource, (string, string[])>
        {
            [ScalariumResource.Volumes] = ("/api/volumes", ["GET"]),
            [ScalariumResource.Volume] = ("/api/volumes/{id}", ["GET", "DELETE"]),
            [ScalariumResource.VolumeSnapshots] = ("/api/volumes/{id}/snapshots", ["GET", "POST"]),
            [ScalariumResource.VolumeSnapshotSingular] = ("/api/volumes/{id}/snapshot", ["POST"]),
            [ScalariumResource.VolumeSnapshot] = ("/api/volumes/{id}/snapshots/{snapshot_id}", ["GET"]),
            [ScalariumResource.Credentials] = ("/api/credentials", ["GET", "POST"]),
            [ScalariumResource.Credential] = ("/api/credentials/{id}", ["GET", "DELETE"]),
        };

    static readonly Dictionary<ScalariumResource, string> AllowValues = All.ToDictionary(
        route => route.Key,
        route => string.Join(", ", route.Value.Methods.Contains("GET")
            ? route.Value.Methods.Prepend("HEAD").Prepend("OPTIONS")
            : route.Value.Methods.Prepend("OPTIONS")));

    /// <summary>The value of the Allow header.</summary>
    public static string Allow(ScalariumResource resource) => AllowValues[resource];

    /// <summary>What a request asks for, in the words of the audit log, which are those of /v2.</summary>
    public static string Action(ScalariumResource resource, string method) => (resource, method) switch
    {
        (ScalariumResource.Volumes, _) => "ListVolumes",
        (ScalariumResource.Volume, "DELETE") => "DeleteVolume",
        (ScalariumResource.Volume, _) => "ShowVolume",
        (ScalariumResource.VolumeSnapshots or ScalariumResource.VolumeSnapshotSingular, "POST") => "CreateSnapshot",
        (ScalariumResource.VolumeSnapshots, _) => "ListSnapshots",
        (ScalariumResource.VolumeSnapshot, _) => "ShowSnapshot",
        (ScalariumResource.Credentials, "POST") => "CreateCredential",
        (ScalariumResource.Credentials, _) => "ListCredentials",
        (_, "DELETE") => "DeleteCredential",
        _ => "ShowCredential",
    };

    /// <summary>What a path names, or null. One slash at the end is ignored, as Rails did.</summary>
    public static ScalariumPath? Match(string path)
    {
        var rest = path.AsSpan(Base.Length);
        if (rest.EndsWith('/')) rest = rest[..^1];
        Span<Range> parts = stackalloc Range[6];
        var count = rest.Split(parts, '/');
        if (count is < 2 or > 5) return null;
        var collection = rest[parts[1]];
        var id = count > 2 ? rest[parts[2]].ToString() : "";
        if (count > 2 && id.Length == 0) return null;
        if (collection.SequenceEqual("credentials"))
            return count switch
            {
                2 => new ScalariumPath(ScalariumResource.Credentials),
                3 => new ScalariumPath(ScalariumResource.Credential, id),
                _ => null,
            };
        if (!collection.SequenceEqual("volumes")) return null;
        switch (count)
        {
            case 2:
                return new ScalariumPath(ScalariumResource.Volumes);
            case 3:
                return new ScalariumPath(ScalariumResource.Volume, id);
        }
        var sub = rest[parts[3]];
        if (count == 4)
            return sub switch
            {
                "snapshots" => new ScalariumPath(ScalariumResource.VolumeSnapshots, id),
                "snapshot" => new ScalariumPath(ScalariumResource.VolumeSnapshotSingular, id),
                _ => null,
            };
        return sub is "snapshots" && rest[parts[4]].Length > 0
            ? new ScalariumPath(ScalariumResource.VolumeSnapshot, id, rest[parts[4]].ToString())
            : null;
    }
}
