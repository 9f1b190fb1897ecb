using System.Collections.Concurrent;
using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>The availability zones of a cell. AWS opens a zone once in years, so they are asked for once a day.</summary>
sealed class EbsZones(EbsSessions sessions, TimeProvider time)
{
    static readonly TimeSpan GoodFor = TimeSpan.FromDays(1);

    readonly ConcurrentDictionary<(CredentialId, string Region), (IReadOnlyList<string> Zones, DateTimeOffset At)> known = new();

    /// <summary>The zones' names, whole zones before local ones.</summary>
    public async Task<IReadOnlyList<string>> OfAsync(Cell cell, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (known.TryGetValue((cell.Credential, cell.Region), out var held) && time.GetUtcNow() - held.At < GoodFor) return held.Zones;
        var answer = await sessions.ReadAsync(cell, Actions.DescribeAvailabilityZones, (ec2, token) =>
            ec2.DescribeAvailabilityZonesAsync(new DescribeAvailabilityZonesRequest(), token), cancellation);
        var zones = Names(answer);
        if (zones.Count == 0)
            throw new VolumeException(ErrorCode.Unavailable, $"The region {cell.Region} has no availability zone that is open.");
        known[(cell.Credential, cell.Region)] = (zones, time.GetUtcNow());
        return zones;
    }

    /// <summary>The zones that an answer names, those that are open.</summary>
    public static IReadOnlyList<string> Names(DescribeAvailabilityZonesResponse answer) =>
    [
        .. (answer.AvailabilityZones ?? [])
            .Where(z => !string.IsNullOrEmpty(z.ZoneName) && z.State?.Value is null or "available" or "information" or "impaired")
            .OrderBy(z => z.ZoneType is not (null or "availability-zone"))
            .ThenBy(z => z.ZoneName, StringComparer.Ordinal)
            .Select(z => z.ZoneName),
    ];
}
