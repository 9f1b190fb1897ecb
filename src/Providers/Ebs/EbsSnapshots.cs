using Amazon.EC2;
using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// Snapshots: listed, taken and deleted. EC2 has no token that makes a repeated creation one, so the operation's id goes into a tag, and nothing is
/// taken a second time before that tag has been looked for through <see cref="Settling.Time"/>.
/// </summary>
sealed class EbsSnapshots(EbsSessions sessions, LookUps lookUps, SnapshotPacing pacing, RecentSnapshots recent, TimeProvider time)
{
    /// <summary>EC2's largest page of snapshots.</summary>
    const int LargestPage = 1000;

    public Task<ProviderPage<ProviderSnapshot>> ListAsync(Cell cell, PageRequest page, CancellationToken cancellation) =>
        EbsPages.PageAsync(page, EbsPages.Snapshots, LargestPage, s => s.Id.Value,
            ids => FindAsync(cell, [.. ids.Select(id => new ProviderSnapshotId(id))], cancellation),
            (limit, token) => AskAsync(cell, limit, token, cancellation));

    public async Task<ProviderSnapshot> GetAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation) =>
        await lookUps.SnapshotAsync(cell, id, cancellation) ?? recent.Find(cell, id)
        ?? throw new VolumeException(ErrorCode.NotFound, $"There is no snapshot {id} in {cell.Region}.");

    public async Task<IReadOnlyList<ProviderSnapshot>> FindAsync(
        Cell cell, IReadOnlyList<ProviderSnapshotId> ids, CancellationToken cancellation) =>
        [.. (await Task.WhenAll(ids.Distinct().Select(async id =>
            await lookUps.SnapshotAsync(cell, id, cancellation) ?? recent.Find(cell, id)))).OfType<ProviderSnapshot>()];

    public Task<ProviderSnapshot> CreateAsync(
        Cell cell, ProviderVolumeId volume, OperationId operation, bool mayBeTaken, CancellationToken cancellation) =>
        Once.TakeAsync(
            mayBeTaken, () => SearchAsync(cell, volume, operation, cancellation), () => TakeAsync(cell, volume, operation, cancellation));

    public async Task DeleteAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation)
    {
        try
        {
            await sessions.ChangeAsync(cell, Actions.DeleteSnapshot, (ec2, token) =>
                ec2.DeleteSnapshotAsync(new DeleteSnapshotRequest(id.Value), token), cancellation);
        }
        catch (VolumeException e) when (e.Code == ErrorCode.NotFound)
        {
            // Gone is what was wanted.
        }
        catch (VolumeException e) when (Outcome.IsUnknown(e))
        {
            if (await lookUps.SnapshotAsync(cell, id, cancellation) is not null) throw;
        }
        recent.Forget(cell, id);
    }

    /// <summary>Asks for a snapshot once.</summary>
    async Task<ProviderSnapshot> TakeAsync(Cell cell, ProviderVolumeId volume, OperationId operation, CancellationToken cancellation) =>
        (await pacing.TakeAsync(cell, [volume], operation, async () =>
        {
            var answer = await sessions.ChangeAsync(cell, Actions.CreateSnapshot, (ec2, token) =>
                ec2.CreateSnapshotAsync(Request(volume, operation), token), cancellation);
            var taken = EbsTranslation.From(answer.Snapshot)
                ?? throw new VolumeException(ErrorCode.Unavailable, $"The snapshot's answer was lost: {FailureText.NotEc2}.");
            // The answer to a creation need not repeat the tags.
            IReadOnlyList<ProviderSnapshot> one = [taken with { CreatedBy = operation, Volume = volume }];
            recent.Add(cell, operation, one);
            return one;
        }, cancellation))[0];

    /// <summary>The snapshot that an operation took, looked for until a taken one would show; null where there is none.</summary>
    async Task<ProviderSnapshot?> SearchAsync(Cell cell, ProviderVolumeId volume, OperationId operation, CancellationToken cancellation)
    {
        for (var look = 0; ; look++)
        {
            var found = await lookUps.SnapshotAsync(cell, operation, cancellation) ?? recent.Find(cell, operation)?[0];
            if (found is not null)
                return found.Volume == volume ? found : throw new VolumeException(ErrorCode.Conflict,
                    $"This operation took a snapshot of another volume before, {found.Id} of {found.Volume}.");
            if (look == Settling.Pauses.Length) return null;
            await Task.Delay(Settling.Pauses[look], time, cancellation);
        }
    }

    async Task<(IReadOnlyList<ProviderSnapshot>, string?)> AskAsync(Cell cell, int limit, string? token, CancellationToken cancellation)
    {
        var answer = await sessions.ReadAsync(cell, Actions.DescribeSnapshots, (ec2, cancel) => ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest
        {
            MaxResults = limit,
            NextToken = token,
            OwnerIds = ["self"],
        }, cancel), cancellation);
        IReadOnlyList<ProviderSnapshot> found = [.. (answer.Snapshots ?? []).Select(EbsTranslation.From).OfType<ProviderSnapshot>()];
        await pacing.SawAsync(cell, found);
        return (found, answer.NextToken);
    }

    static CreateSnapshotRequest Request(ProviderVolumeId volume, OperationId operation) => new()
    {
        VolumeId = volume.Value,
        Description = $"Octavo operation {operation}",
        TagSpecifications = [TagOf(operation)],
    };

    /// <summary>What every snapshot of an operation is made with.</summary>
    public static TagSpecification TagOf(OperationId operation) =>
        new() { ResourceType = ResourceType.Snapshot, Tags = [new Tag(EbsTranslation.OperationTag, operation.Value)] };
}
