using System.Collections.Concurrent;
using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>The end of volumes: deleted, kept in the Recycle Bin for some days where a rule of the account says so, and brought back.</summary>
sealed class EbsDeletions(EbsSessions sessions, LookUps lookUps, RecentCreates<ProviderVolume> recent, TimeProvider time)
{
    /// <summary>Volumes that were seen on their way out: once they are not seen any more, no further request has to prove it.</summary>
    readonly ConcurrentDictionary<(CredentialId, string Region, ProviderVolumeId), bool> leaving = new();

    public async Task<bool> DeleteAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation)
    {
        var key = (cell.Credential, cell.Region, id);
        var before = await lookUps.VolumeAsync(cell, id, cancellation);
        if (before is null && leaving.TryRemove(key, out _)) return true;
        // Not seen is no proof: a volume may be younger than what EC2 shows. The call itself proves it.
        if (before is not null && IsOnItsWay(before)) return Leaving(key);
        try
        {
            await sessions.ChangeAsync(cell, Actions.DeleteVolume, (ec2, token) =>
                ec2.DeleteVolumeAsync(new DeleteVolumeRequest(id.Value), token), cancellation);
        }
        catch (VolumeException e) when (e.Code == ErrorCode.NotFound)
        {
            recent.Forget(cell, id.Value);
            return true;
        }
        catch (VolumeException e) when (Outcome.IsUnknown(e) || e.Code == ErrorCode.Conflict)
        {
            // The reply was lost, or somebody was quicker: what is there now tells.
            var now = await lookUps.VolumeAsync(cell, id, cancellation);
            if (now is null && Outcome.IsUnknown(e)) return true;
            if (now is not null && IsOnItsWay(now)) return Leaving(key);
            throw;
        }
        recent.Forget(cell, id.Value);
        return await lookUps.VolumeAsync(cell, id, cancellation) is null || Leaving(key);
    }

    /// <summary>
    /// Until when a deleted volume can be brought back, or null. One request for each: they come after deletions, of which AWS allows fewer, and a list
    /// of all that is in the bin may have any length.
    /// </summary>
    public async Task<DateTimeOffset?> DeletedUntilAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation)
    {
        ListVolumesInRecycleBinResponse answer;
        try
        {
            answer = await sessions.ReadAsync(cell, Actions.ListVolumesInRecycleBin, (ec2, token) =>
                ec2.ListVolumesInRecycleBinAsync(new() { VolumeIds = [id.Value] }, token), cancellation);
        }
        catch (VolumeException e) when (e.Code is ErrorCode.NotFound or ErrorCode.Invalid || DryRuns.IsPermission(e))
        {
            // Not in it, or of a cloud that has none, or not ours to see.
            return null;
        }
        var exit = EbsTranslation.Moment((answer.Volumes ?? []).Find(v => v.VolumeId == id.Value)?.RecycleBinExitTime);
        // What is past its time may still be listed, and cannot be restored.
        return exit > time.GetUtcNow() ? exit : null;
    }

    /// <summary>
    /// Brings a volume back. Whether a refusal only means that an earlier request was done, whose reply was lost, shows in the volume being
    /// there, which EC2 may show late.
    /// </summary>
    public async Task<ProviderVolume> UndeleteAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation)
    {
        VolumeException? failure = null;
        for (var look = 0; ; look++)
        {
            if (look == 0 || (failure is not null && Outcome.IsUnknown(failure))) failure = await RestoreAsync(cell, id, cancellation);
            if (await lookUps.VolumeAsync(cell, id, cancellation) is { State: not VolumeState.Deleting } back)
            {
                leaving.TryRemove((cell.Credential, cell.Region, id), out _);
                return back;
            }
            if (look == Settling.Pauses.Length)
                throw failure ?? new VolumeException(ErrorCode.Unavailable, $"The volume {id} was brought back, and EC2 does not show it yet.");
            await Task.Delay(Settling.Pauses[look], time, cancellation);
        }
    }

    /// <summary>Asks for a volume in the bin once.</summary>
    /// <returns>Null where it was given, else why it may not have been.</returns>
    async Task<VolumeException?> RestoreAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation)
    {
        try
        {
            await sessions.ChangeAsync(cell, Actions.RestoreVolumeFromRecycleBin, (ec2, token) =>
                ec2.RestoreVolumeFromRecycleBinAsync(new() { VolumeId = id.Value }, token), cancellation);
            return null;
        }
        catch (VolumeException e) when (Outcome.IsUnknown(e) || IsNotInTheBin(e))
        {
            return e;
        }
    }

    static bool IsNotInTheBin(VolumeException e) =>
        e.ProviderCode is { } code && EbsCodes.KindOf(code, 400) is EbsFailureKind.Gone or EbsFailureKind.InTheWay;

    /// <summary>It is not gone yet; false, as <see cref="DeleteAsync"/> says it.</summary>
    bool Leaving((CredentialId, string, ProviderVolumeId) key)
    {
        leaving[key] = true;
        return false;
    }

    /// <summary>Whether a volume is being deleted already.</summary>
    /// <exception cref="VolumeException">Conflict: somebody has it.</exception>
    static bool IsOnItsWay(ProviderVolume volume)
    {
        if (volume.State == VolumeState.Deleting) return true;
        if (volume.ManagedBy is { } manager)
            throw new VolumeException(ErrorCode.Conflict, $"The volume is managed by {manager}, which alone may delete it. Delete it there.");
        if (volume.Attachments.Count > 0)
            throw new VolumeException(ErrorCode.Conflict,
                $"The volume is {string.Join(" and ", volume.Attachments.Select(Place))}. Detach it first.");
        return volume.State == VolumeState.InUse
            ? throw new VolumeException(ErrorCode.Conflict, "The volume is in use, AWS does not say by what. Detach it first.")
            : false;
    }

    static string Place(ProviderAttachment attachment) =>
        $"{(attachment.State is "attached" or "busy" ? "attached" : attachment.State)} to "
        + (attachment.InstanceId is { } instance ? $"instance {instance}" : "something that AWS manages")
        + (attachment.Device is { } device ? $" as {device}" : "");
}
