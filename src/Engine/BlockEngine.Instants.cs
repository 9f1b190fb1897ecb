using Octavo.Engine.Io;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>Held while an instant is fixed, and while what belongs to an instant changes: layers, bases and changed blocks. Taken behind a volume's own lock.</summary>
    readonly Lock instants = new();

    /// <summary>
    /// Fixes the instant of a snapshot, durably, and returns; the copy follows in the background. Of a volume that is attached, the instant is within the call, and what is
    /// written afterwards does no harm. Else, where the file system can clone, later writes to the image do none either; elsewhere a write by another program
    /// before the copy is done makes the snapshot an error, because its instant is gone.
    /// </summary>
    /// <exception cref="EngineException">NotFound: the volume. Conflict: its state, or the id is taken. NoSpace. Io.</exception>
    public async Task<EngineSnapshot> BeginSnapshotAsync(string id, string tag, string volumeId, CancellationToken cancellation) =>
        (await BeginSnapshotsAsync([new EngineSnapshotRequest(id, tag, volumeId)], cancellation))[0];

    /// <summary>
    /// The same for several volumes: all snapshots have one instant, between two writes of everybody who is attached. All begin, or none does, whenever the process dies.
    /// </summary>
    /// <exception cref="EngineException">As for one.</exception>
    public async Task<IReadOnlyList<EngineSnapshot>> BeginSnapshotsAsync(
        IReadOnlyList<EngineSnapshotRequest> requests, CancellationToken cancellation)
    {
        foreach (var request in requests) CheckId(request.Id, SnapshotPrefix);
        if (requests.DistinctBy(r => r.Id).Count() < requests.Count)
            throw new EngineException(EngineError.Invalid, "Each snapshot needs an id of its own.");
        // The instant first, without waiting for anything. Its record follows, and nobody has been told of it until then.
        if (TryFix(requests) is { } begun) return await ChangeOrUnwindAsync(begun, () => Task.CompletedTask, CancellationToken.None);
        foreach (var request in requests) SyncImage(request.VolumeId);
        begun = [];
        return await ChangeOrUnwindAsync(begun, () => FixAsync(requests, begun, cancellation), cancellation);
    }

    async Task<IReadOnlyList<EngineSnapshot>> ChangeOrUnwindAsync(List<SnapshotEntry> begun, Func<Task> fix, CancellationToken cancellation)
    {
        try
        {
            return await ChangeAsync<IReadOnlyList<EngineSnapshot>>(async () =>
            {
                await fix();
                Record(begun);
                return [.. begun.Select(entry => entry.Describe())];
            }, cancellation);
        }
        catch
        {
            Unwind(begun);
            throw;
        }
    }

    /// <summary>The instant of volumes that are all live, in memory; null where one is not, or a snapshot is there already.</summary>
    /// <param name="still">Null, too, where one of these is not still any more.</param>
    List<SnapshotEntry>? TryFix(IReadOnlyList<EngineSnapshotRequest> requests, List<StillImage>? still = null)
    {
        lock (instants)
        {
            if (closing.IsCancellationRequested) throw new EngineException(EngineError.Locked, "The pool is closed.");
            var lives = new List<LiveVolume>();
            lock (tables)
                foreach (var request in requests)
                {
                    if (snapshots.ContainsKey(request.Id)
                        || volumes.GetValueOrDefault(request.VolumeId) is not { Live: { } live, IsGoing: false, Failure: null } volume
                        || volume.Record.State == VolumeRecord.Deleting) return null;
                    lives.Add(live);
                }
            // Everything that takes time is made before the gates are closed.
            var layers = requests.Zip(lives, (request, live) => new KeptLayer(disk, request.VolumeId, live.NextLayer++, live.SizeBytes)).ToList();
            var sets = lives.ConvertAll(live => new BlockSet(Manifest.BlockCount(live.SizeBytes)));
            var bases = new (string? Id, BlockSet Changed)[lives.Count];
            var instant = default(DateTimeOffset);
            Behind(lives, () =>
            {
                // Here, where nobody who writes to one volume first and to another one then can be between the two.
                if (still?.Exists(image => !image.IsStill) == true) return;
                instant = time.GetUtcNow();
                for (var i = 0; i < lives.Count; i++)
                {
                    bases[i] = (lives[i].BaseId, lives[i].Begin(layers[i], sets[i]));
                    lives[i].BaseId = requests[i].Id;
                }
            });
            if (instant == default) return null;
            foreach (var image in still ?? []) image.Entry.StartedAt = instant;
            var begun = new List<SnapshotEntry>();
            for (var i = 0; i < lives.Count; i++)
                begun.Add(new SnapshotEntry
                {
                    Id = requests[i].Id,
                    Tag = requests[i].Tag,
                    VolumeId = requests[i].VolumeId,
                    VolumeSize = lives[i].SizeBytes,
                    StartedAt = instant,
                    State = EngineSnapshotState.Pending,
                    IsRecorded = false,
                    Layer = layers[i],
                    BaseId = bases[i].Id,
                    Changed = bases[i].Changed,
                });
            lock (tables)
                foreach (var entry in begun) snapshots.Add(entry.Id, entry);
            return begun;
        }
    }

    /// <summary>Closes the gates, waits for the writers inside, does it, and opens the gates.</summary>
    static void Behind(IReadOnlyList<LiveVolume> lives, Action action)
    {
        try
        {
            foreach (var live in lives) live.Gate.Close();
            foreach (var live in lives) live.Gate.Drain();
            action();
        }
        finally
        {
            foreach (var live in lives) live.Gate.Open();
        }
    }

    /// <summary>
    /// The instant of volumes some of which other programs may write: those first, because that takes time, and is undone by a write anyway. One that somebody began to
    /// write to through the engine before the others had their instant gets another one with them.
    /// </summary>
    async Task FixAsync(IReadOnlyList<EngineSnapshotRequest> requests, List<SnapshotEntry> begun, CancellationToken cancellation)
    {
        var left = requests.ToList();
        var still = new List<StillImage>();
        while (true)
        {
            foreach (var request in left.ToList())
            {
                SnapshotEntry? existing;
                lock (tables) existing = snapshots.GetValueOrDefault(request.Id);
                if (existing is null) CheckUsable(FindVolume(request.VolumeId) ?? throw NoVolume());
                else if (existing.VolumeId != request.VolumeId)
                    throw new EngineException(EngineError.Conflict, $"There is another snapshot {request.Id} already.");
                else
                {
                    begun.Add(existing);
                    left.Remove(request);
                }
            }
            foreach (var request in left.ToList())
                if (await TryFixImageAsync(request, cancellation) is { } image)
                {
                    still.Add(image);
                    begun.Add(image.Entry);
                    left.Remove(request);
                }
            if (TryFix(left, requests.Count > 1 ? still : null) is { } now)
            {
                begun.AddRange(now);
                return;
            }
            foreach (var moved in still.FindAll(image => !image.IsStill))
            {
                still.Remove(moved);
                begun.Remove(moved.Entry);
                Unwind([moved.Entry]);
                left.Add(moved.Request);
            }
        }
    }

    /// <summary>The instant of an image that this process does not write, as long as it does not begin to.</summary>
    sealed record StillImage(EngineSnapshotRequest Request, SnapshotEntry Entry, VolumeEntry Volume, int Openings)
    {
        public bool IsStill => Volume.Openings == Openings;
    }

    /// <summary>The instant of a volume that is not live; null where it is.</summary>
    async Task<StillImage?> TryFixImageAsync(EngineSnapshotRequest request, CancellationToken cancellation)
    {
        var volume = Existing(request.VolumeId) ?? throw NoVolume();
        if (volume.Live is not null) return null;
        var image = volume.Record.ImagePath;
        var (signature, startedAt) = await FixAsync(image, cancellation);
        lock (volume.Opening)
        {
            if (volume.Live is not null) return null;
            var isCloned = TryClone(image, request.Id);
            if (isCloned && disk.Stat(image)?.Signature != signature) signature = default;
            var known = signature == default ? null : ChangedRecord.TryRead(disk, request.VolumeId, signature);
            var entry = new SnapshotEntry
            {
                Id = request.Id,
                Tag = request.Tag,
                VolumeId = request.VolumeId,
                VolumeSize = volume.Record.SizeBytes,
                StartedAt = startedAt,
                State = EngineSnapshotState.Pending,
                Signature = signature,
                IsCloned = isCloned,
                IsRecorded = false,
                BaseId = known?.BaseId,
                Changed = known?.Blocks,
            };
            lock (tables) snapshots.Add(entry.Id, entry);
            return new StillImage(request, entry, volume, volume.Openings);
        }
    }

    /// <summary>Writes down that snapshots have begun, all or none, and begins to copy them; nothing where that is done.</summary>
    void Record(List<SnapshotEntry> begun)
    {
        var fresh = begun.FindAll(entry => !entry.IsRecorded);
        var isSet = fresh.Count > 1;
        if (isSet) disk.WriteAtomically(UnfinishedSet.PathOf(fresh[0].Id), new UnfinishedSet(fresh.ConvertAll(entry => entry.Id)).ToBytes());
        foreach (var entry in fresh)
            lock (entry.Files)
            {
                entry.Layer?.Open();
                disk.WriteAtomically(PendingRecord.PathOf(entry.Id), entry.ToRecord(disk.BootId).ToBytes());
                entry.IsWritten = true;
            }
        if (isSet)
        {
            disk.DeleteFile(UnfinishedSet.PathOf(fresh[0].Id));
            disk.SyncFolder(Manifest.Root);
        }
        lock (tables)
            foreach (var entry in fresh) entry.IsRecorded = true;
        foreach (var entry in fresh) StartCopy(entry);
    }

    /// <summary>Forgets snapshots that nobody was told of.</summary>
    void Unwind(List<SnapshotEntry> begun)
    {
        var fresh = begun.FindAll(entry => !entry.IsRecorded);
        if (fresh.Count == 0) return;
        foreach (var entry in fresh)
        {
            lock (tables) snapshots.Remove(entry.Id);
            PassOn(entry);
        }
        try
        {
            foreach (var entry in fresh)
                lock (entry.Files)
                {
                    entry.IsWritten = false;
                    disk.DeleteFile(PendingRecord.PathOf(entry.Id));
                    disk.DeleteFile(PendingRecord.ClonePathOf(entry.Id));
                }
            disk.SyncFolder(Manifest.Root);
            disk.DeleteFile(UnfinishedSet.PathOf(fresh[0].Id));
        }
        catch (IOException e)
        {
            warn($"What is left of snapshot {fresh[0].Id} will be removed at the next opening: {e.Message}");
        }
        foreach (var entry in fresh) Retire(entry.VolumeId);
    }

    /// <summary>A snapshot that will not be completed leaves what it knew of changes to the next one, or to the volume.</summary>
    void PassOn(SnapshotEntry entry)
    {
        lock (instants)
        {
            foreach (var later in PendingOf(entry.VolumeId).Where(s => s.BaseId == entry.Id))
            {
                if (entry.Changed is { } changed) later.Changed?.AddAll(changed);
                later.BaseId = entry.BaseId;
            }
            if (Existing(entry.VolumeId)?.Live is not { } live || live.BaseId != entry.Id) return;
            if (entry.Changed is { } before) live.Changed.AddAll(before);
            live.BaseId = entry.BaseId;
        }
    }
}
