using System.Security.Cryptography;
using System.Text;
using Octavo.Engine.Attachments;
using Octavo.Engine.Io;
using Octavo.Engine.Nbd;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    const string AttachmentPrefix = "att-";

    /// <summary>A forced detachment waits so long for connections that do not end: a request to a slow disk takes less.</summary>
    static readonly TimeSpan ForcedAfter = TimeSpan.FromSeconds(5);

    /// <summary>Guarded by <see cref="tables"/>.</summary>
    readonly SortedDictionary<string, AttachmentEntry> attachments = new(StringComparer.Ordinal);

    /// <summary>The attachments of volumes and snapshots, by id.</summary>
    public IReadOnlyList<EngineAttachment> ListAttachments()
    {
        lock (tables) return [.. attachments.Values.Select(a => a.Describe())];
    }

    /// <summary>One attachment; null where there is none.</summary>
    public EngineAttachment? FindAttachment(string id)
    {
        lock (tables) return attachments.GetValueOrDefault(id)?.Describe();
    }

    /// <summary>
    /// Lets a client use a volume, or read a snapshot, as a block device from now on, also after the pool was opened anew, until it is detached. A volume has
    /// one client that writes and no other beside it, unless all of them are attached for several.
    /// </summary>
    /// <exception cref="EngineException">
    /// Invalid: the id or the wish. NotFound. Conflict: somebody else has it, its state, or the id is taken by another one. NoSpace. Io.
    /// </exception>
    public Task<EngineAttachment> AttachAsync(string id, string tag, AttachmentWish wish, CancellationToken cancellation)
    {
        CheckId(id, AttachmentPrefix);
        Check(wish);
        return ChangeAsync(() =>
        {
            var record = new AttachmentRecord(
                id, tag, wish.VolumeId, wish.SnapshotId, wish.Client, wish.IsReadOnly || wish.SnapshotId is not null, wish.IsMultiAttach,
                Convert.ToHexStringLower(wish.TokenSha256.Span), (int)wish.Lease.TotalSeconds, time.GetUtcNow());
            lock (tables)
                if (attachments.TryGetValue(id, out var existing))
                    return existing.Record == record with { AttachedAt = existing.Record.AttachedAt }
                        ? Task.FromResult(existing.Describe())
                        : throw new EngineException(EngineError.Conflict, $"There is another attachment {id} already.");
            if (record.VolumeId is { } volume) CheckVolume(volume, record);
            else CheckSnapshot(record.SnapshotId!);
            disk.CreateFolder(AttachmentRecord.Root);
            disk.SyncFolder("");
            disk.WriteAtomically(AttachmentRecord.PathOf(id), record.ToBytes());
            var entry = Entry(record);
            lock (tables) attachments.Add(id, entry);
            return Task.FromResult(entry.Describe());
        }, cancellation);
    }

    /// <summary>
    /// Ends an attachment; nothing where it is gone. No new connection comes in, those that are there answer what they have begun and end, everything is
    /// flushed, and the token opens nothing any more. Where the caller gives up waiting for connections that do not end, the attachment stays.
    /// </summary>
    /// <param name="force">Waits 5 s at most for connections to end.</param>
    /// <returns>False where what the client had not flushed itself may be lost: it was forced, or the disk failed.</returns>
    public async Task<bool> DetachAsync(string id, bool force, CancellationToken cancellation)
    {
        AttachmentEntry? entry;
        lock (tables) entry = attachments.GetValueOrDefault(id);
        if (entry is null) return true;
        string? failure;
        try
        {
            // Not within a change: connections may take their time.
            failure = await DrainAsync(entry, force, cancellation);
            await ChangeAsync(() => Task.FromResult(End(entry)), cancellation);
        }
        catch
        {
            entry.Reopen();
            throw;
        }
        if (failure is not null)
            warn($"Attachment {id} was detached, but {failure}: what its client {entry.Record.Client} had not flushed may be lost.");
        return failure is null;
    }

    /// <returns>What went wrong; null for nothing.</returns>
    async Task<string?> DrainAsync(AttachmentEntry entry, bool force, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(force ? ForcedAfter : Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await entry.DrainAsync(either.Token) is { } e ? $"its device could not be flushed ({e.Message})" : null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "its connections had not ended";
        }
    }

    /// <summary>
    /// What a token opens, for one connection more; null where it opens nothing, whatever the reason. Every wrong token takes the same time.
    /// </summary>
    public NbdExport? OpenExport(string token)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        AttachmentEntry? found = null;
        lock (tables)
        {
            if (closing.IsCancellationRequested) return null;
            foreach (var entry in attachments.Values)
                if (entry.IsOpenedBy(hash)) found = entry;
        }
        try
        {
            return found?.Connect();
        }
        catch (EngineException e)
        {
            warn($"Attachment {found!.Record.Id} could not be opened for client {found.Record.Client}: {e.Message}");
            return null;
        }
    }

    /// <summary>The attachments of volumes, the oldest first, by volume.</summary>
    ILookup<string?, EngineAttachment> AttachmentsByVolume()
    {
        lock (tables) return attachments.Values.Select(a => a.Describe()).OrderBy(a => a.AttachedAt).ToLookup(a => a.VolumeId);
    }

    /// <summary>A volume with its attachments, which make it one that is in use.</summary>
    static EngineVolume With(IEnumerable<EngineAttachment> attached, EngineVolume volume) => attached.ToList() switch
    {
        [] => volume,
        var all => volume with
        {
            State = volume.State == EngineVolumeState.Available ? EngineVolumeState.InUse : volume.State,
            InUseSince = all[0].AttachedAt,
            Attachments = all,
        },
    };

    /// <summary>What is attached is not deleted.</summary>
    void RequireDetached(string id)
    {
        AttachmentRecord? record;
        lock (tables) record = attachments.Values.Select(a => a.Record).FirstOrDefault(a => a.VolumeId == id || a.SnapshotId == id);
        if (record is not null)
            throw new EngineException(
                EngineError.Conflict, $"The {(record.VolumeId is null ? "snapshot" : "volume")} is attached to {record.Client}. Detach it first.");
    }

    void LoadAttachments()
    {
        foreach (var name in disk.List(AttachmentRecord.Root))
        {
            var path = $"{AttachmentRecord.Root}/{name}";
            if (name.EndsWith(DiskExtensions.Temporary, StringComparison.Ordinal)) disk.DeleteFile(path);
            if (!name.EndsWith(AttachmentRecord.Suffix, StringComparison.Ordinal)) continue;
            var record = AttachmentRecord.Parse(disk.ReadAll(path, DiskExtensions.MaxRecordFile));
            if (record is not null && AttachmentRecord.PathOf(record.Id) == path) attachments.Add(record.Id, Entry(record));
            else warn($"{path} is damaged: nobody is attached by it any more. Attach its client again.");
        }
    }

    AttachmentEntry Entry(AttachmentRecord record) => new(
        record,
        () => record.VolumeId is { } volume ? OpenVolumeDevice(volume, record.IsReadOnly) : OpenSnapshotDevice(record.SnapshotId!),
        Expire, time);

    /// <summary>Removes the record, within a change.</summary>
    bool End(AttachmentEntry entry)
    {
        var id = entry.Record.Id;
        lock (tables)
            if (attachments.GetValueOrDefault(id) != entry) return true;
        disk.DeleteFile(AttachmentRecord.PathOf(id));
        disk.SyncFolder(AttachmentRecord.Root);
        lock (tables) attachments.Remove(id);
        entry.Dispose();
        return true;
    }

    void Expire(AttachmentEntry entry) => _ = ExpireAsync(entry);

    async Task ExpireAsync(AttachmentEntry entry)
    {
        try
        {
            await ChangeAsync(() => Task.FromResult(entry.TryEnd() && End(entry) && Tell()), closing.Token);
        }
        catch (OperationCanceledException)
        {
            // The pool is being closed; the lease begins anew with the next opening.
        }
        catch (EngineException e)
        {
            entry.Reopen();
            warn($"Attachment {entry.Record.Id} could not be detached at the end of its lease: {e.Message}");
        }

        bool Tell()
        {
            warn($"Attachment {entry.Record.Id} was detached: its client {entry.Record.Client} had no connection for {entry.Record.LeaseSeconds} s.");
            return true;
        }
    }

    /// <summary>Ends every connection, keeping the attachments.</summary>
    async Task DisconnectAllAsync()
    {
        List<AttachmentEntry> all;
        lock (tables) all = [.. attachments.Values];
        using var limit = new CancellationTokenSource(ForcedAfter, time);
        try
        {
            await Task.WhenAll(all.Select(a => a.DrainAsync(limit.Token)));
        }
        catch (OperationCanceledException)
        {
            warn("Connections to attached volumes had not ended when the pool was closed.");
        }
        foreach (var entry in all) entry.Dispose();
    }

    void CheckVolume(string id, AttachmentRecord wanted)
    {
        var volume = FindVolume(id) ?? throw NoVolume();
        if (volume.State is not (EngineVolumeState.Available or EngineVolumeState.InUse))
            throw new EngineException(EngineError.Conflict, volume.Reason ?? "The volume is still being made.");
        if (volume is { State: EngineVolumeState.InUse, Attachments: [] })
            throw new EngineException(EngineError.Conflict, "The volume is in use: another program has its image open for writing. Close that first.");
        if (volume.Attachments is not [var first, ..] || (wanted.IsReadOnly && volume.Attachments.All(a => a.IsReadOnly))
            || (wanted.IsMultiAttach && volume.Attachments.All(a => a.IsMultiAttach)))
            return;
        throw new EngineException(
            EngineError.Conflict,
            $"The volume is attached to {first.Client} already. Detach that first; or, for clients that know how to share a disk, attach each of them for several.");
    }

    void CheckSnapshot(string id)
    {
        var snapshot = FindSnapshot(id) ?? throw new EngineException(EngineError.NotFound, "There is no such snapshot in this pool.");
        if (snapshot.State != EngineSnapshotState.Completed)
            throw new EngineException(EngineError.Conflict, snapshot.Reason ?? "The snapshot is not completed yet.");
    }

    static void Check(AttachmentWish wish)
    {
        if (wish.VolumeId is null == wish.SnapshotId is null)
            throw new EngineException(EngineError.Invalid, "Either a volume or a snapshot is attached.");
        if (wish.Client.Length is 0 or > AttachmentWish.MaxClientLength || wish.Client.Any(char.IsControl))
            throw new EngineException(EngineError.Invalid, $"A client's name has 1 to {AttachmentWish.MaxClientLength} printable characters.");
        if (wish.Lease != TimeSpan.Zero
            && (wish.Lease < AttachmentWish.ShortestLease || wish.Lease > AttachmentWish.LongestLease || wish.Lease.Ticks % TimeSpan.TicksPerSecond != 0))
            throw new EngineException(EngineError.Invalid, $"A lease is {AttachmentWish.ShortestLease.TotalSeconds:0} to {AttachmentWish.LongestLease.TotalSeconds:0} whole seconds, or 0 for none.");
        if (wish.TokenSha256.Length != SHA256.HashSizeInBytes)
            throw new EngineException(EngineError.Invalid, $"The hash of a token is {SHA256.HashSizeInBytes} bytes.");
    }
}
