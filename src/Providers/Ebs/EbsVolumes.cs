using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>Volumes: listed, looked up and made.</summary>
sealed class EbsVolumes(
    EbsSessions sessions, LookUps lookUps, EbsZones zones, SnapshotPacing pacing, RecentCreates<ProviderVolume> recent, RecentTags recentTags,
    TimeProvider time)
{
    /// <summary>EC2's largest volume, of gp3 and io2, since 2025: 64 TiB.</summary>
    public static readonly ByteSize Largest = ByteSize.FromGiB(65_536);

    /// <summary>EC2's largest page of volumes.</summary>
    const int LargestPage = 500;

    /// <summary>Between the tries of a creation whose outcome is not known: its token makes them one.</summary>
    static readonly TimeSpan[] CreatePauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)];

    public Task<ProviderPage<ProviderVolume>> ListAsync(Cell cell, PageRequest page, CancellationToken cancellation) =>
        EbsPages.PageAsync(page, EbsPages.Volumes, LargestPage, v => v.Id.Value,
            ids => FindAsync(cell, [.. ids.Select(id => new ProviderVolumeId(id))], cancellation),
            (limit, token) => AskAsync(cell, limit, token, page.Zone, cancellation));

    public async Task<ProviderVolume> GetAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        await lookUps.VolumeAsync(cell, id, cancellation) ?? recentTags.ApplyTo(cell, recent.Find(cell, id.Value))
        ?? throw NotThere(cell, id);

    public async Task<string> GetRawAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation)
    {
        if (await lookUps.RecordAsync(cell, id, cancellation) is { } record) return EbsRecord.Text(record);
        throw recent.Find(cell, id.Value) is null
            ? NotThere(cell, id)
            : new VolumeException(ErrorCode.Unavailable, $"The volume {id} was only just made and EC2 does not show it yet. Ask again in a moment.");
    }

    public async Task<IReadOnlyList<ProviderVolume>> FindAsync(
        Cell cell, IReadOnlyList<ProviderVolumeId> ids, CancellationToken cancellation) =>
        [.. (await Task.WhenAll(ids.Distinct().Select(id => lookUps.VolumeAsync(cell, id, cancellation)))).OfType<ProviderVolume>()];

    public async Task<ProviderVolume?> FindAsync(Cell cell, OperationId operation, CancellationToken cancellation) =>
        await lookUps.VolumeAsync(cell, operation, cancellation) ?? recentTags.ApplyTo(cell, recent.Find(cell, operation.Value));

    public async Task<ProviderVolume> CreateAsync(Cell cell, VolumeSpec spec, OperationId operation, CancellationToken cancellation)
    {
        if (spec.Size is null && spec.Snapshot is null) throw new VolumeException(ErrorCode.Invalid, "An empty volume needs a size.");
        if (spec.Size > Largest)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"A volume of {spec.Size} does not fit: the largest that EBS makes is {Largest}.");
        var open = await zones.OfAsync(cell, cancellation);
        if (!open.Contains(spec.AvailabilityZone, StringComparer.Ordinal))
            throw new VolumeException(ErrorCode.Invalid,
                $"There is no availability zone {spec.AvailabilityZone} in {cell.Region}. There are {string.Join(", ", open)}.");
        for (var tries = 0; ; tries++)
        {
            try
            {
                var answer = await sessions.ChangeAsync(cell, Actions.CreateVolume, (ec2, token) =>
                    ec2.CreateVolumeAsync(Request(spec, operation), token), cancellation);
                var made = EbsTranslation.From(answer.Volume)
                    ?? throw new VolumeException(ErrorCode.Unavailable, $"The volume was not made: {FailureText.NotEc2}.");
                recent.Add(cell, made.Id.Value, operation, made);
                return made;
            }
            catch (VolumeException e) when (Outcome.IsUnknown(e) && tries < CreatePauses.Length)
            {
                await Task.Delay(CreatePauses[tries], time, cancellation);
            }
        }
    }

    async Task<(IReadOnlyList<ProviderVolume>, string?)> AskAsync(
        Cell cell, int limit, string? token, string? zone, CancellationToken cancellation)
    {
        var answer = await sessions.ReadAsync(cell, Actions.DescribeVolumes, (ec2, cancel) => ec2.DescribeVolumesAsync(new DescribeVolumesRequest
        {
            MaxResults = limit,
            NextToken = token,
            // Without it, an account may be set to hide volumes that AWS manages and the account pays for.
            IncludeManagedResources = true,
            Filters = zone is null ? null : [new Filter("availability-zone", [zone])],
        }, cancel), cancellation);
        IReadOnlyList<ProviderVolume> found =
            [.. (answer.Volumes ?? []).Select(v => recentTags.ApplyTo(cell, EbsTranslation.From(v))).OfType<ProviderVolume>()];
        await pacing.SawAsync(cell, found);
        return (found, answer.NextToken);
    }

    static VolumeException NotThere(Cell cell, ProviderVolumeId id) =>
        new(ErrorCode.NotFound, $"There is no volume {id} in {cell.Region}.");

    static CreateVolumeRequest Request(VolumeSpec spec, OperationId operation) => new()
    {
        AvailabilityZone = spec.AvailabilityZone,
        Size = spec.Size is { } size ? (int)size.GiB : null,
        SnapshotId = spec.Snapshot?.Value,
        // EC2's own default is the older gp2, which costs more and is slower.
        VolumeType = spec.VolumeType is { } type ? new Amazon.EC2.VolumeType(type) : Amazon.EC2.VolumeType.Gp3,
        Iops = spec.Iops,
        Throughput = spec.ThroughputMiBps,
        Encrypted = spec.IsEncrypted ?? (spec.KmsKeyId is null ? null : true),
        KmsKeyId = spec.KmsKeyId,
        ClientToken = operation.Value,
        TagSpecifications =
        [
            new TagSpecification
            {
                ResourceType = Amazon.EC2.ResourceType.Volume,
                Tags = [new(EbsTranslation.OperationTag, operation.Value), .. EbsTags.To(spec.Name, spec.Tags)],
            },
        ],
    };
}
