using System.Collections.Concurrent;
using Octavo.Ec2.Faults;

namespace Octavo.Ec2;

/// <summary>An account: its keys, its roles, the regions it has enabled and what is in them.</summary>
public sealed class Ec2Account
{
    readonly ConcurrentDictionary<string, Ec2Region> regions = new(StringComparer.Ordinal);
    readonly TimeProvider time;

    internal Ec2Account(string id, IEnumerable<string> enabled, TimeProvider time)
    {
        Id = id;
        this.time = time;
        EnabledRegions = [.. enabled];
    }

    /// <summary>Twelve digits.</summary>
    public string Id { get; }

    /// <summary>Calls to any other region get AuthFailure, 401. May be set at any time; what is in a region that is left out stays.</summary>
    public IReadOnlyList<string> EnabledRegions { get; set; }

    /// <summary>The account hides what AWS services manage, unless a call includes it on purpose.</summary>
    public bool HidesManagedVolumes { get; set; }

    /// <summary>Switches of this account alone; null to take the endpoint's.</summary>
    public Switches? Switches { get; set; }

    /// <summary>Its regions that were ever used, by name.</summary>
    public IEnumerable<Ec2Region> Regions => regions.Values.OrderBy(r => r.Name, StringComparer.Ordinal);

    /// <summary>One region, enabled or not.</summary>
    public Ec2Region Region(string name) => regions.GetOrAdd(name, n => new Ec2Region(Id, n, time));
}
