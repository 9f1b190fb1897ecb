using Octavo.Engine.Io;

namespace Octavo.Tests.Engine;

/// <summary>The power went out. Not an IOException: nothing may handle it.</summary>
sealed class PowerCutException : Exception;

/// <summary>
/// A disk in memory that forgets, at a power cut, what was not synced: a file's bytes until its own sync, a name until the sync of its folder. What
/// was not synced may also have reached the disk by luck, page by page; a seed decides. Fails on demand: at the n-th change, with no space or a
/// bad block.
/// </summary>
sealed class SimulatedDisk : IDisk
{
    const int Page = 4096;

    readonly Lock gate = new();
    Dictionary<string, Node> names = new(StringComparer.Ordinal);
    Dictionary<string, Node> durableNames = new(StringComparer.Ordinal);
    HashSet<string> folders = new([""], StringComparer.Ordinal);
    HashSet<string> durableFolders = new([""], StringComparer.Ordinal);
    readonly Dictionary<string, long> bytesRead = new(StringComparer.Ordinal);
    long clock;
    ulong inodes;
    bool isOff;

    /// <summary>Changes so far.</summary>
    public int Changes { get; private set; }

    /// <summary>The power goes out instead of this change.</summary>
    public int? PowerCutAt { get; set; }

    /// <summary>From this change on, there is no space until it is set to null.</summary>
    public int? FullAt { get; set; }

    /// <summary>
    /// Called before every change and every opening, on the thread that makes it, with what it is about to do, such as
    /// <c>delete volumes/vol-1/data</c>: for other threads to get in between.
    /// </summary>
    public Action<string>? Meanwhile { get; set; }

    /// <summary>There is no space for a file whose path contains this.</summary>
    public string? FullPath { get; set; }

    /// <summary>Reads of a file whose path contains this fail.</summary>
    public string? UnreadablePath { get; set; }

    public string BootId { get; private set; } = "boot-0";

    public (long TotalBytes, long FreeBytes) Space => (1L << 40, 1L << 39);

    /// <summary>How many bytes were read of a file so far.</summary>
    public long BytesRead(string path)
    {
        lock (gate) return bytesRead.GetValueOrDefault(path);
    }

    /// <summary>Every file's path, for a look from outside.</summary>
    public IReadOnlyList<string> Files
    {
        get
        {
            lock (gate) return [.. names.Keys.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>The disk as a machine finds it after the power cut.</summary>
    public SimulatedDisk AfterPowerCut(int seed)
    {
#pragma warning disable RS0030 // A named seed, as the ban asks.
        var luck = new Random(seed);
#pragma warning restore RS0030
        lock (gate)
        {
            isOff = true;
            var keptNames = new Dictionary<string, Node>(durableNames, StringComparer.Ordinal);
            var keptFolders = new HashSet<string>(durableFolders, StringComparer.Ordinal);
            foreach (var folder in folders.Union(durableFolders).ToList())
            {
                // A folder's changes are journaled in order; with luck all of them made it.
                if (luck.Next(2) == 0) continue;
                foreach (var name in keptNames.Keys.Where(n => DiskExtensions.Folder(n) == folder).ToList()) keptNames.Remove(name);
                foreach (var (name, node) in names.Where(n => DiskExtensions.Folder(n.Key) == folder)) keptNames[name] = node;
                keptFolders.RemoveWhere(f => f.Length > 0 && DiskExtensions.Folder(f) == folder);
                keptFolders.UnionWith(folders.Where(f => f.Length > 0 && DiskExtensions.Folder(f) == folder));
            }
            foreach (var name in keptNames.Keys.Where(n => !IsReachable(n, keptFolders)).ToList()) keptNames.Remove(name);
            keptFolders.RemoveWhere(f => f.Length > 0 && !IsReachable(f, keptFolders));
            var nodes = keptNames.Values.Distinct().ToDictionary(n => n, n => n.AfterPowerCut(luck, Page));
            var after = new SimulatedDisk { clock = clock + 1, inodes = inodes, BootId = $"boot-{clock + 1}" };
            after.names = keptNames.ToDictionary(n => n.Key, n => nodes[n.Value], StringComparer.Ordinal);
            after.durableNames = new Dictionary<string, Node>(after.names, StringComparer.Ordinal);
            after.folders = keptFolders;
            after.durableFolders = new HashSet<string>(keptFolders, StringComparer.Ordinal);
            return after;
        }
    }

    /// <summary>The disk as the next process finds it after this one died: everything that was written is there, synced or not. The dead one changes nothing any more.</summary>
    public SimulatedDisk AfterProcessDeath()
    {
        lock (gate)
        {
            isOff = true;
            var copies = names.Values.Concat(durableNames.Values).Distinct().ToDictionary(n => n, n => n.Copy());
            var after = new SimulatedDisk { clock = clock + 1, inodes = inodes, BootId = BootId };
            after.names = names.ToDictionary(n => n.Key, n => copies[n.Value], StringComparer.Ordinal);
            after.durableNames = durableNames.ToDictionary(n => n.Key, n => copies[n.Value], StringComparer.Ordinal);
            after.folders = [.. folders];
            after.durableFolders = [.. durableFolders];
            return after;
        }
    }

    /// <summary>Makes all of it durable, as if everything had been synced.</summary>
    public SimulatedDisk WithAllSynced()
    {
        lock (gate)
        {
            durableNames = new Dictionary<string, Node>(names, StringComparer.Ordinal);
            durableFolders = new HashSet<string>(folders, StringComparer.Ordinal);
            foreach (var node in names.Values) node.Durable = (byte[])node.Content.Clone();
        }
        return this;
    }

    /// <summary>Writes all of it into a real folder.</summary>
    public void CopyTo(string folder)
    {
        lock (gate)
        {
            foreach (var path in folders.Where(f => f.Length > 0)) Directory.CreateDirectory(Path.Combine(folder, path));
            foreach (var (path, node) in names) File.WriteAllBytes(Path.Combine(folder, path), node.Content);
        }
    }

    public void CreateFolder(string path) => Change("create " + path, () => folders.Add(path));

    public IReadOnlyList<string> List(string path)
    {
        lock (gate)
        {
            Look();
            return
            [
                .. names.Keys.Concat(folders.Where(f => f.Length > 0))
                    .Where(n => DiskExtensions.Folder(n) == path).Select(n => n[(path.Length == 0 ? 0 : path.Length + 1)..]),
            ];
        }
    }

    public FileStatus? Stat(string path)
    {
        lock (gate)
        {
            Look();
            return names.TryGetValue(path, out var node) ? node.Status
                : folders.Contains(path) ? new FileStatus(false, default, 0) : null;
        }
    }

    public IDiskFile OpenRead(string path)
    {
        Meanwhile?.Invoke("open " + path);
        lock (gate)
        {
            Look();
            return new OpenFile(this, names.GetValueOrDefault(path) ?? throw new IOException($"{path} is absent."), path);
        }
    }

    public IDiskFile OpenWrite(string path)
    {
        lock (gate)
        {
            Look();
            if (names.TryGetValue(path, out var node)) return new OpenFile(this, node, path);
        }
        Node? made = null;
        Change("create " + path, () => names[path] = made = new Node(++inodes) { Modified = ++clock });
        return new OpenFile(this, made!, path);
    }

    public void Rename(string from, string to) => Change("rename " + from, () =>
    {
        names[to] = names[from];
        names.Remove(from);
    });

    public void DeleteFile(string path) => Change("delete " + path, () => names.Remove(path));

    public void DeleteFolder(string path) => Change("delete " + path, () =>
    {
        if (names.Keys.Any(n => DiskExtensions.Folder(n) == path)) throw new IOException($"{path} is not empty.");
        folders.Remove(path);
    });

    public void SyncFolder(string path) => Change("sync " + path, () =>
    {
        if (!folders.Contains(path)) throw new IOException($"{path} is absent.", 2);
        foreach (var name in durableNames.Keys.Where(n => DiskExtensions.Folder(n) == path).ToList()) durableNames.Remove(name);
        foreach (var (name, node) in names.Where(n => DiskExtensions.Folder(n.Key) == path)) durableNames[name] = node;
        durableFolders.RemoveWhere(f => f.Length > 0 && DiskExtensions.Folder(f) == path);
        durableFolders.UnionWith(folders.Where(f => f.Length > 0 && DiskExtensions.Folder(f) == path));
    });

    public bool IsOpenForWriting(string path) => false;

    public IDisposable? TryLock(string path) => new MemoryStream();

    void Look()
    {
        if (isOff) throw new PowerCutException();
    }

    void Change(string what, Action change)
    {
        Meanwhile?.Invoke(what);
        lock (gate)
        {
            Look();
            Changes++;
            if (Changes >= PowerCutAt)
            {
                isOff = true;
                throw new PowerCutException();
            }
            change();
        }
    }

    void FailWhenFull(string path)
    {
        if (Changes + 1 >= FullAt || (FullPath is { } full && path.Contains(full, StringComparison.Ordinal))) throw new IOException("No space left on device", 28);
    }

    static bool IsReachable(string path, HashSet<string> folders)
    {
        for (var folder = DiskExtensions.Folder(path); folder.Length > 0; folder = DiskExtensions.Folder(folder))
            if (!folders.Contains(folder)) return false;
        return true;
    }

    sealed class Node(ulong inode)
    {
        public byte[] Content = [];
        public byte[] Durable = [];
        public long Modified;

        public FileStatus Status => new(true, new FileSignature(inode, Content.Length, Modified, Modified), Content.Length);

        public Node Copy() => new(inode) { Content = (byte[])Content.Clone(), Durable = (byte[])Durable.Clone(), Modified = Modified };

        public Node AfterPowerCut(Random luck, int page)
        {
            var content = luck.Next(2) == 0 ? (byte[])Durable.Clone() : (byte[])Content.Clone();
            for (var at = 0; at < Math.Min(content.Length, Math.Min(Content.Length, Durable.Length)); at += page)
            {
                var length = Math.Min(page, Math.Min(content.Length, Math.Min(Content.Length, Durable.Length)) - at);
                (luck.Next(2) == 0 ? Durable : Content).AsSpan(at, length).CopyTo(content.AsSpan(at));
            }
            // What was appended and not synced: pages that never arrived read as zeros.
            for (var at = (Durable.Length + page - 1) / page * page; at < content.Length; at += page)
                if (luck.Next(2) == 0) content.AsSpan(at, Math.Min(page, content.Length - at)).Clear();
            return new Node(inode) { Content = content, Durable = (byte[])content.Clone(), Modified = Modified };
        }
    }

    sealed class OpenFile(SimulatedDisk disk, Node node, string path) : IDiskFile
    {
        public long Length => node.Content.Length;

        public int Read(Span<byte> buffer, long offset)
        {
            lock (disk.gate)
            {
                disk.Look();
                if (disk.UnreadablePath is { } bad && path.Contains(bad, StringComparison.Ordinal)) throw new IOException("Input/output error", 5);
                var count = (int)Math.Clamp(node.Content.Length - offset, 0, buffer.Length);
                node.Content.AsSpan((int)Math.Min(offset, node.Content.Length), count).CopyTo(buffer);
                disk.bytesRead[path] = disk.bytesRead.GetValueOrDefault(path) + count;
                return count;
            }
        }

        public bool TryReadNow(Span<byte> buffer, long offset) => Read(buffer, offset) == buffer.Length;

        public void Write(ReadOnlySpan<byte> buffer, long offset)
        {
            var bytes = buffer.ToArray();
            disk.Change("write " + path, () =>
            {
                disk.FailWhenFull(path);
                if (node.Content.Length < offset + bytes.Length) Array.Resize(ref node.Content, (int)offset + bytes.Length);
                bytes.CopyTo(node.Content, (int)offset);
                node.Modified = ++disk.clock;
            });
        }

        public void SetLength(long length) => disk.Change("cut " + path, () =>
        {
            if (length == node.Content.Length) return;
            Array.Resize(ref node.Content, (int)length);
            node.Modified = ++disk.clock;
        });

        public void Sync() => disk.Change("sync " + path, () => node.Durable = (byte[])node.Content.Clone());

        public bool TryPunchHole(long offset, long length)
        {
            disk.Change("punch " + path, () =>
            {
                var start = (int)Math.Min(offset, node.Content.Length);
                node.Content.AsSpan(start, (int)Math.Min(length, node.Content.Length - start)).Clear();
                node.Modified = ++disk.clock;
            });
            return true;
        }

        public long NextData(long offset) => Next(offset, isData: true);

        public long NextHole(long offset) => Next(offset, isData: false);

        public bool TryClone(IDiskFile source) => false;

        public FileStatus Stat() => node.Status;

        // Pages of zeros are this disk's holes.
        long Next(long offset, bool isData)
        {
            lock (disk.gate)
            {
                for (var at = offset; at < node.Content.Length; at = (at / Page + 1) * Page)
                {
                    var end = Math.Min(node.Content.Length, (at / Page + 1) * Page);
                    if (node.Content.AsSpan((int)at, (int)(end - at)).ContainsAnyExcept((byte)0) == isData) return at;
                }
                return node.Content.Length;
            }
        }

        public void Dispose() { }
    }
}
