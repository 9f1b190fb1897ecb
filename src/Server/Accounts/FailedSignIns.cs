using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Octavo.Server.Accounts;

/// <summary>
/// Counts unknown tokens per address. A valid token is always served, whatever its neighbours do; an address that keeps
/// sending unknown ones is answered with 429 instead of 401. Guessing 256 bits is hopeless anyway: this keeps the noise down.
/// </summary>
sealed class FailedSignIns(TimeProvider time)
{
    /// <summary>So many at once are still answered 401: a deployment with a stale token should not look like an attack.</summary>
    public const int Burst = 100;

    /// <summary>And so many a second afterwards.</summary>
    public const double PerSecond = 1;

    /// <summary>Addresses remembered; past that, those who have calmed down are dropped, or else everybody.</summary>
    const int MaxAddresses = 10_000;

    readonly ConcurrentDictionary<IPAddress, Failures> byAddress = new();

    /// <summary>Counts a failure; returns how long the address should wait, or null while it is within its allowance.</summary>
    public TimeSpan? Count(IPAddress? address)
    {
        var now = time.GetUtcNow();
        if (byAddress.Count >= MaxAddresses) Shrink(now);
        var after = byAddress.AddOrUpdate(
            Network(address ?? IPAddress.None),
            _ => new Failures(1, now),
            (_, before) => new Failures(Math.Min(Left(before, now) + 1, Burst + 1), now));
        return after.Count > Burst ? TimeSpan.FromSeconds((after.Count - Burst) / PerSecond) : null;
    }

    void Shrink(DateTimeOffset now)
    {
        foreach (var (address, failures) in byAddress)
            if (Left(failures, now) <= 0) byAddress.TryRemove(address, out _);
        if (byAddress.Count >= MaxAddresses) byAddress.Clear();
    }

    static double Left(Failures failures, DateTimeOffset now) =>
        Math.Max(0, failures.Count - (now - failures.At).TotalSeconds * PerSecond);

    // One IPv6 customer owns a /64: its addresses count as one.
    static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes);
    }

    readonly record struct Failures(double Count, DateTimeOffset At);
}
