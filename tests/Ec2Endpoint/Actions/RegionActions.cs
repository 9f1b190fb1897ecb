using System.Collections.Concurrent;
using System.Globalization;
using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>What regions and zones an account has.</summary>
static class RegionActions
{
    static readonly ConcurrentDictionary<string, string> ZoneIds = new(StringComparer.Ordinal);

    public static void DescribeRegions(Call call, XmlBuffer xml)
    {
        var named = call.Form.List("RegionName");
        var filters = Filters.Read(call.Form, ["region-name", "opt-in-status", "endpoint"]);
        var known = Ec2Cloud.DefaultRegions.Concat(Ec2Cloud.OptInRegions).Concat(call.Account.EnabledRegions).Distinct().ToList();
        if (named.Find(name => !known.Contains(name)) is { } unknown)
            throw Ec2Failure.Bad("InvalidParameterValue", $"Invalid region '{unknown}' provided.");
        xml.Open("regionInfo"u8);
        foreach (var region in known.Order(StringComparer.Ordinal))
        {
            var isEnabled = call.Account.EnabledRegions.Contains(region);
            if (!isEnabled && !call.Form.Flag("AllRegions")) continue;
            if (named.Count > 0 && !named.Contains(region)) continue;
            var optIn = !isEnabled ? "not-opted-in" : Ec2Cloud.OptInRegions.Contains(region) ? "opted-in" : "opt-in-not-required";
            if (!filters.TrueForAll(f => f.Matches(f.Name switch
            {
                "region-name" => region,
                "opt-in-status" => optIn,
                _ => $"ec2.{region}.amazonaws.com",
            })))
                continue;
            xml.Open("item"u8);
            xml.Element("regionName"u8, region);
            xml.Element("regionEndpoint"u8, $"ec2.{region}.amazonaws.com");
            xml.Element("optInStatus"u8, optIn);
            xml.Close("item"u8);
        }
        xml.Close("regionInfo"u8);
    }

    public static void DescribeAvailabilityZones(Call call, XmlBuffer xml)
    {
        var named = call.Form.List("ZoneName");
        var filters = Filters.Read(call.Form, ["zone-name", "zone-id", "region-name", "state", "zone-type"]);
        if (named.Find(name => !call.Region.Zones.Contains(name)) is { } unknown)
            throw Ec2Failure.Bad("InvalidParameterValue", $"Invalid availability zone: [{unknown}]");
        xml.Open("availabilityZoneInfo"u8);
        foreach (var zone in call.Region.Zones)
        {
            if (named.Count > 0 && !named.Contains(zone)) continue;
            if (!filters.TrueForAll(f => f.Matches(f.Name switch
            {
                "zone-name" => zone,
                "zone-id" => ZoneId(zone),
                "region-name" => call.Region.Name,
                "state" => "available",
                _ => "availability-zone",
            })))
                continue;
            xml.Open("item"u8);
            xml.Element("zoneName"u8, zone);
            xml.Element("zoneState"u8, "available");
            xml.Element("regionName"u8, call.Region.Name);
            xml.Raw("<messageSet/>"u8);
            xml.Element("zoneId"u8, ZoneId(zone));
            xml.Element("groupName"u8, call.Region.Name);
            xml.Element("networkBorderGroup"u8, call.Region.Name);
            xml.Element("optInStatus"u8, "opt-in-not-required");
            xml.Element("zoneType"u8, "availability-zone");
            xml.Close("item"u8);
        }
        xml.Close("availabilityZoneInfo"u8);
    }

    /// <summary>A zone's id, as <c>use1-az1</c> of <c>us-east-1a</c>. AWS numbers the zones of each account in another order; here a is 1.</summary>
    public static string ZoneId(string zone) => ZoneIds.GetOrAdd(zone, MakeZoneId);

    static string MakeZoneId(string zone)
    {
        var parts = zone[..^1].Split('-');
        var direction = parts[^2];
        var initials = direction is "northeast" or "southeast" or "northwest" or "southwest"
            ? $"{direction[0]}{direction[5]}"
            : direction[..1];
        return string.Create(CultureInfo.InvariantCulture, $"{string.Concat(parts[..^2])}{initials}{parts[^1]}-az{zone[^1] - 'a' + 1}");
    }
}
