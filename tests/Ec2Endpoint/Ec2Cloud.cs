using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Octavo.Ec2;

/// <summary>All accounts, with all keys and roles. Everything in it is made up by counting, so that the same steps give the same ids.</summary>
public sealed class Ec2Cloud(TimeProvider time)
{
    /// <summary>Regions that an account has without asking for them.</summary>
    public static IReadOnlyList<string> DefaultRegions { get; } =
    [
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-west-1", "eu-west-2", "eu-west-3",
        "eu-central-1", "eu-north-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2",
        "ap-northeast-3",
    ];

    /// <summary>Regions that an account has to opt in to.</summary>
    public static IReadOnlyList<string> OptInRegions { get; } =
        ["af-south-1", "ap-east-1", "ap-southeast-3", "eu-central-2", "eu-south-1", "il-central-1", "me-central-1", "me-south-1"];

    readonly ConcurrentDictionary<string, Ec2Account> accounts = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, Ec2Key> keys = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, Ec2Role> roles = new(StringComparer.Ordinal);
    long lastId;
    long lastKey;
    long lastSession;

    public IEnumerable<Ec2Account> Accounts => accounts.Values.OrderBy(a => a.Id, StringComparer.Ordinal);
    public IEnumerable<Ec2Key> Keys => keys.Values.OrderBy(k => k.Id, StringComparer.Ordinal);
    public IEnumerable<Ec2Role> Roles => roles.Values.OrderBy(r => r.Arn, StringComparer.Ordinal);

    /// <summary>An account that was added.</summary>
    public Ec2Account Account(string id) =>
        accounts.TryGetValue(id, out var account) ? account : throw new ArgumentException($"There is no account {id}.", nameof(id));

    /// <summary>Adds an account with regions enabled; null for the default ones.</summary>
    public Ec2Account AddAccount(string id, IEnumerable<string>? enabled = null)
    {
        var account = new Ec2Account(id, enabled ?? DefaultRegions, time);
        return accounts.TryAdd(id, account) ? account : throw new ArgumentException($"Account {id} is there already.", nameof(id));
    }

    /// <summary>Adds a long-lived key: <c>AKIAOCTAVO0000000001</c> and so on, with a secret that follows from its id.</summary>
    public Ec2Key AddKey(string account, IReadOnlyList<string>? allowed = null)
    {
        var id = $"AKIAOCTAVO{Interlocked.Increment(ref lastKey):D10}";
        var key = new Ec2Key(account, id, Derive(id, 30), $"arn:aws:iam::{account}:user/octavo", time) { Allowed = allowed };
        return keys[id] = key;
    }

    public Ec2Role AddRole(Ec2Role role) => roles[role.Arn] = role;

    /// <summary>A key by its id, or null.</summary>
    public Ec2Key? FindKey(string id) => keys.GetValueOrDefault(id);

    internal Ec2Role? FindRole(string arn) => roles.GetValueOrDefault(arn);

    /// <summary>The keys of a session under a role.</summary>
    internal Ec2Key OpenSession(Ec2Role role, string session, TimeSpan duration)
    {
        var id = $"ASIAOCTAVO{Interlocked.Increment(ref lastSession):D10}";
        var key = new Ec2Key(role.Account, id, Derive(id, 30), $"arn:aws:sts::{role.Account}:assumed-role/{role.Name}/{session}", time)
        {
            SessionToken = Derive(id + "/token", 96),
            ExpiresAt = time.GetUtcNow() + duration,
            Allowed = role.Allowed,
        };
        return keys[id] = key;
    }

    /// <summary>A new id, as <c>vol-0…</c>, <c>snap-0…</c> or <c>i-0…</c>: counted, then mixed, so that ids are in no order.</summary>
    public string NewId(string prefix)
    {
        var mixed = (ulong)Interlocked.Increment(ref lastId);
        // The finalizer of SplitMix64, which maps no two numbers to one.
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        mixed ^= mixed >> 31;
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}-0{mixed:x16}");
    }

    static string Derive(string text, int bytes)
    {
        Span<byte> derived = stackalloc byte[96];
        SHA512.HashData(Encoding.UTF8.GetBytes("octavo test secret " + text), derived);
        SHA256.HashData(derived[..64], derived[64..]);
        return Convert.ToBase64String(derived[..bytes]);
    }
}
