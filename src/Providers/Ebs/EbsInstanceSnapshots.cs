using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// Snapshots of the volumes of an instance at one instant, by EC2's <c>CreateSnapshots</c>: one request, all or nothing. As with single ones, the
/// operation's id is the tag <c>octavo:operation</c>, on every snapshot of the set, and no second set is asked for before that tag has been looked for.
/// </summary>
/// <remarks>
/// EC2 may show a part of a set before the rest. So a part is a reason to go on looking, through <see cref="Settling.Time"/>, never to take
/// another set; what has not shown by then is not of the set: its volume had left the instance.
/// </remarks>
sealed class EbsInstanceSnapshots(
    EbsSessions sessions, LookUps lookUps, SnapshotPacing pacing, RecentSnapshots recent, TimeProvider time)
{
    public Task<IReadOnlyList<ProviderSnapshot>> CreateAsync(
        Cell cell, string instance, IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, bool mayBeTaken,
        CancellationToken cancellation) =>
        Once.TakeAsync(
            mayBeTaken, () => SearchAsync(cell, volumes, operation, cancellation),
            () => TakeAsync(cell, instance, volumes, operation, cancellation));

    /// <summary>Asks for a set once.</summary>
    async Task<IReadOnlyList<ProviderSnapshot>> TakeAsync(
        Cell cell, string instance, IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, CancellationToken cancellation)
    {
        var taken = await pacing.TakeAsync(cell, volumes, operation, async () =>
        {
            var answer = await sessions.ChangeAsync(cell, Actions.CreateSnapshots, (ec2, token) =>
                ec2.CreateSnapshotsAsync(Request(instance, operation), token), cancellation);
            IReadOnlyList<ProviderSnapshot> set =
                [.. (answer.Snapshots ?? []).Select(EbsTranslation.From).OfType<ProviderSnapshot>().Select(s => s with { CreatedBy = operation })];
            if (set.Count == 0 || set.Count < answer.Snapshots!.Count)
                throw new VolumeException(ErrorCode.Unavailable, $"The snapshots' answer was lost: {FailureText.NotEc2}.");
            recent.Add(cell, operation, set);
            return set;
        }, cancellation);
        return Of(volumes, taken);
    }

    /// <summary>The set that an operation took, looked for until all of a taken one would show; null where there is none.</summary>
    async Task<IReadOnlyList<ProviderSnapshot>?> SearchAsync(
        Cell cell, IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, CancellationToken cancellation)
    {
        for (var look = 0; ; look++)
        {
            var found = recent.Find(cell, operation) ?? await lookUps.SnapshotsAsync(cell, operation, cancellation);
            var isWhole = volumes.All(volume => found.Any(s => s.Volume == volume));
            if (isWhole || look == Settling.Pauses.Length) return found.Count == 0 ? null : Of(volumes, found);
            await Task.Delay(Settling.Pauses[look], time, cancellation);
        }
    }

    /// <summary>Those of a set that were asked for. A volume that was attached since makes one more, which the inventory finds.</summary>
    static IReadOnlyList<ProviderSnapshot> Of(IReadOnlyList<ProviderVolumeId> volumes, IReadOnlyList<ProviderSnapshot> set)
    {
        IReadOnlyList<ProviderSnapshot> wanted = [.. set.Where(s => volumes.Contains(s.Volume))];
        return wanted.Count > 0 ? wanted : throw new VolumeException(ErrorCode.Conflict,
            $"This operation took snapshots of other volumes, {string.Join(", ", set.Select(s => s.Volume.Value))}: those that were asked for are not on the instance.");
    }

    static CreateSnapshotsRequest Request(string instance, OperationId operation) => new()
    {
        InstanceSpecification = new InstanceSpecification { InstanceId = instance },
        Description = $"Octavo operation {operation}",
        TagSpecifications = [EbsSnapshots.TagOf(operation)],
    };
}
