using System.Text.Json;
using Octavo.Server.Database;
using Octavo.Server.Volumes;

namespace Octavo.Server.Inventory;

/// <summary>What of a volume can be filtered and sorted by. Times are milliseconds since 1970; null is written as <see cref="None"/>.</summary>
struct IndexedVolume : IRow
{
    /// <summary>No time, no number.</summary>
    public const long None = long.MinValue;

    /// <summary>The columns that <see cref="Read"/> expects, of volumes <c>v</c> and their credentials <c>c</c>.</summary>
    public static readonly Sql Select =
        $"""
        SELECT v.id, v.name, c.provider, v.provider_volume_id, v.credential_id, v.region, v.availability_zone, v.state, v.size_bytes, v.used_bytes,
            v.source_snapshot_id, v.attachment_state IS NOT NULL, v.instance_id, v.attachments, v.unattached_since, v.volume_type, v.is_encrypted,
            v.managed_by, v.is_protected, v.tags, v.created_at, v.updated_at, v.deleted_at
        FROM volumes v JOIN credentials c ON c.id = v.credential_id
        """;

    public UInt128 Id { get; private set; }

    /// <summary>Joins it with its snapshots: the credential and the provider's id; 0 where it has none yet.</summary>
    public UInt128 Link { get; private set; }

    public string FoldedName { get; private set; }
    public long NameBeginning { get; private set; }
    public string Provider { get; private set; }
    public string Credential { get; private set; }
    public string Region { get; private set; }
    public string Zone { get; private set; }
    public string State { get; private set; }
    public string? Type { get; private set; }
    public string? SourceSnapshot { get; private set; }
    public string? ManagedBy { get; private set; }

    /// <summary>The instance that it hangs on, the first of several.</summary>
    public string? Instance { get; private set; }

    /// <summary>All of several; null where there is at most one.</summary>
    public string[]? Instances { get; private set; }

    public long SizeBytes { get; private set; }
    public long UsedBytes { get; private set; }
    public long CreatedAt { get; private set; }
    public long UpdatedAt { get; private set; }
    public long UnattachedSince { get; private set; }
    public long DeletedAt { get; private set; }
    public int[] Tags { get; private set; }
    public ulong TagBits { get; private set; }
    public SearchTexts.Place Text { get; private set; }

    /// <summary>Encrypted, or not; null where the provider does not say.</summary>
    public bool? IsEncrypted { get; private set; }

    public bool IsAttached { get; private set; }
    public bool IsProtected { get; private set; }

    /// <summary>Whether lists show it where no state is asked for.</summary>
    public bool IsListed { get; private set; }

    /// <summary>Its completed snapshots that are listed.</summary>
    public int SnapshotCount { get; set; }

    /// <summary>The newest instant of them.</summary>
    public long LastSnapshotAt { get; set; }

    /// <summary>What is shown of its snapshots.</summary>
    public readonly IndexedSnapshots Snapshots =>
        new(Ids.Text(Id), SnapshotCount, LastSnapshotAt == None ? null : DateTimeOffset.FromUnixTimeMilliseconds(LastSnapshotAt));

    /// <summary>A row of <see cref="Select"/>.</summary>
    public static IndexedVolume Read(Row row, SharedTexts texts, SharedTags tags, SearchTexts search)
    {
        var (name, tagged) = (SearchTexts.Folded(row.Text(1)), tags.Of(row.TextOrNull(19)));
        var credential = texts.Of(row.Text(4));
        var state = texts.Of(row.Text(7));
        return new IndexedVolume
        {
            Id = Ids.Number(row.Text(0)),
            Link = row.TextOrNull(3) is { } known ? Ids.OfProvider(credential, known) : default,
            FoldedName = name,
            NameBeginning = SortKey.Beginning(name),
            Provider = texts.Of(row.Text(2)),
            Credential = credential,
            Region = texts.Of(row.Text(5)),
            Zone = texts.Of(row.Text(6)),
            State = state,
            SizeBytes = row.Number(8),
            UsedBytes = row.NumberOrNull(9) ?? None,
            SourceSnapshot = texts.OrNull(row.TextOrNull(10)),
            IsAttached = row.Flag(11),
            Instance = texts.OrNull(row.TextOrNull(12)),
            Instances = All(row.TextOrNull(13), texts),
            Text = search.Add(name, row.Text(0), row.TextOrNull(3), row.TextOrNull(12)),
            UnattachedSince = row.NumberOrNull(14) ?? None,
            Type = texts.OrNull(row.TextOrNull(15)),
            IsEncrypted = row.NumberOrNull(16) is { } encrypted ? encrypted != 0 : null,
            ManagedBy = texts.OrNull(row.TextOrNull(17)),
            IsProtected = row.Flag(18),
            Tags = tagged,
            TagBits = SharedTags.Bits(tagged),
            CreatedAt = row.Number(20),
            UpdatedAt = row.Number(21),
            DeletedAt = row.NumberOrNull(22) ?? None,
            IsListed = state is not ("deleting" or "deleted"),
            LastSnapshotAt = None,
        };
    }

    static string[]? All(string? attachments, SharedTexts texts) => attachments is null ? null
        : [.. JsonSerializer.Deserialize(attachments, ObservedVolumesJson.Default.IReadOnlyListProviderAttachment)!
            .Select(a => a.InstanceId).OfType<string>().Select(texts.Of)];
}

/// <summary>What the index knows of a volume's snapshots.</summary>
/// <param name="Id">Octavo's id of the volume.</param>
/// <param name="Count">Its completed snapshots that are listed.</param>
/// <param name="LastAt">The newest instant of them.</param>
readonly record struct IndexedSnapshots(string Id, int Count, DateTimeOffset? LastAt);
