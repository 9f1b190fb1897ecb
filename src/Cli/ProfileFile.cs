using System.Text.Json;

namespace Octavo.Cli;

/// <summary>Where a service is and how to sign in there.</summary>
/// <param name="Server">Its address.</param>
/// <param name="Token">The token.</param>
sealed record Profile(string Server, string Token)
{
    /// <summary>For messages: without the token.</summary>
    public override string ToString() => Server;
}

/// <summary>What the file of profiles holds.</summary>
/// <param name="InUse">The name of the profile that is taken where none is named.</param>
/// <param name="All">By name.</param>
sealed record ProfileSet(string? InUse, SortedDictionary<string, Profile> All);

/// <summary>
/// The file <c>$XDG_CONFIG_HOME/octavo/profiles.json</c>. It holds tokens: it is made for its owner alone, and one that others can read is refused. It is
/// replaced as a whole.
/// </summary>
sealed class ProfileFile(Func<string, string?> environment)
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where it is; null where there is no home.</summary>
    public string? Path { get; } =
        environment("XDG_CONFIG_HOME") is { Length: > 0 } config ? System.IO.Path.Combine(config, "octavo", "profiles.json")
        : environment("HOME") is { Length: > 0 } home ? System.IO.Path.Combine(home, ".config", "octavo", "profiles.json")
        : null;

    /// <summary>The profile in use; null where there is none.</summary>
    /// <exception cref="UserException">The file is not to be trusted, or not to be understood.</exception>
    public Profile? InUse => Read() is { InUse: { } name } set ? set.All.GetValueOrDefault(name) : null;

    /// <summary>A profile by its name.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public Profile Get(string name)
    {
        var all = Read().All;
        return all.TryGetValue(name, out var found) ? found : throw Unknown(name, all);
    }

    /// <summary>All of them; none where there is no file.</summary>
    /// <exception cref="UserException">The file is not to be trusted, or not to be understood.</exception>
    public ProfileSet Read()
    {
        if (Path is null || !File.Exists(Path)) return new ProfileSet(null, []);
        var mode = File.GetUnixFileMode(Path);
        if ((mode & ~(OwnerOnly | UnixFileMode.UserExecute)) != 0)
            throw new UserException($"{Path} holds tokens and is open to others than you. Close it: chmod 600 {Path}. Where others may have read it, renew the tokens.");
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path), CliJson.Default.ProfileSet) is { All: not null } set
                ? set
                : throw new JsonException("It is empty.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{Path} cannot be read: {e.Message} Put it right, or move it away and add the profiles anew.");
        }
    }

    /// <summary>Adds a profile, or replaces the one of that name. The first one is in use at once.</summary>
    public void Add(string name, Profile profile)
    {
        var set = Read();
        set.All[name] = profile;
        Write(set with { InUse = set.InUse ?? name });
    }

    /// <summary>Takes a profile into use.</summary>
    /// <exception cref="UserException">There is none of that name.</exception>
    public void Use(string name)
    {
        Get(name);
        Write(Read() with { InUse = name });
    }

    /// <summary>Removes a profile; no other is in use then, where it was.</summary>
    /// <exception cref="UserException">There is none of that name.</exception>
    public void Remove(string name)
    {
        var set = Read();
        if (!set.All.Remove(name)) throw Unknown(name, set.All);
        Write(set with { InUse = set.InUse == name ? null : set.InUse });
    }

    void Write(ProfileSet set)
    {
        if (Path is null) throw new UserException("There is no place for profiles: set HOME or XDG_CONFIG_HOME.");
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!, OwnerOnly | UnixFileMode.UserExecute);
        var temporary = $"{Path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, UnixCreateMode = OwnerOnly };
        using (var file = new FileStream(temporary, options))
        {
            // One that was left here by another program may have been made open.
            File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
            JsonSerializer.Serialize(file, set, CliJson.Default.ProfileSet);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, Path, overwrite: true);
    }

    static UserException Unknown(string name, SortedDictionary<string, Profile> all) => new(all.Count == 0
        ? $"There is no profile \"{name}\", and no other. Add it: octavo profiles add {name} --server URL"
        : $"There is no profile \"{name}\". There are: {string.Join(", ", all.Keys)}.");
}
