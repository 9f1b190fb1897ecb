using Octavo.Server.Database;

namespace Octavo.Server.Inventory;

/// <summary>What of a snapshot can be filtered and sorted by. Times are milliseconds since 1970.</summary>
struct IndexedSnapshot : IRow
{
    /// <summary>The columns that <see cref="Read"/> expects, of snapshots <c>s</c> and their credentials <c>c</c>.</summary>
    public static readonly Sql Select =
        $"""
        SELECT s.id, c.provider, s.provider_snapshot_id, s.credential_id, s.region, s.provider_volume_id, s.state, s.progress_percent,
            s.volume_size_bytes, s.stored_bytes, s.description, s.is_encrypted, s.storage_tier, s.tags, s.started_at, s.updated_at
        FROM snapshots s JOIN credentials c ON c.id = s.credential_id
        """;

    public UInt128 Id { get; private set; }

    /// <summary>Joins it with its volume: the credential and the provider's id of the volume.</summary>
    public UInt128 Link { get; private set; }

    public string Provider { get; private set; }
    public string Credential { get; private set; }
    public string Region { get; private set; }

    /// <summary>The provider's id of the volume; shared by all its snapshots.</summary>
    public string Volume { get; private set; }

    public string State { get; private set; }
    public string? Tier { get; private set; }
    public int ProgressPercent { get; private set; }
    public long VolumeSizeBytes { get; private set; }
    public long StoredBytes { get; private set; }
    public long StartedAt { get; private set; }
    public long UpdatedAt { get; private set; }
    public int[] Tags { get; private set; }
    public ulong TagBits { get; private set; }
    public SearchTexts.Place Text { get; private set; }
    public bool? IsEncrypted { get; private set; }

    /// <summary>Octavo's id of the volume while that is listed; 0 where it is gone.</summary>
    public UInt128 VolumeId { get; set; }

    /// <summary>A row of <see cref="Select"/>.</summary>
    public static IndexedSnapshot Read(Row row, SharedTexts texts, SharedTags tags, SearchTexts search)
    {
        var (credential, volume, tagged) = (texts.Of(row.Text(3)), texts.Of(row.Text(5)), tags.Of(row.TextOrNull(13)));
        return new IndexedSnapshot
        {
            Id = Ids.Number(row.Text(0)),
            Link = Ids.OfProvider(credential, volume),
            Provider = texts.Of(row.Text(1)),
            Credential = credential,
            Region = texts.Of(row.Text(4)),
            Volume = volume,
            State = texts.Of(row.Text(6)),
            ProgressPercent = (int)row.Number(7),
            VolumeSizeBytes = row.Number(8),
            StoredBytes = row.NumberOrNull(9) ?? IndexedVolume.None,
            Text = search.Add(SearchTexts.Folded(row.TextOrNull(10) ?? ""), row.Text(0), row.TextOrNull(2), volume),
            IsEncrypted = row.NumberOrNull(11) is { } encrypted ? encrypted != 0 : null,
            Tier = texts.OrNull(row.TextOrNull(12)),
            Tags = tagged,
            TagBits = SharedTags.Bits(tagged),
            StartedAt = row.Number(14),
            UpdatedAt = row.Number(15),
        };
    }
}
