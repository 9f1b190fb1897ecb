using System.Globalization;

namespace Octavo.Ec2.Actions;

/// <summary>What IOPS and throughput a type takes, and has where none is asked for (EBS User Guide, "Amazon EBS volume types").</summary>
static class VolumeSpeeds
{
    const int BaseIops = 3000;
    const int BaseThroughput = 125;
    const int LargestThroughput = 2000;

    /// <summary>Least and most IOPS, and the most for each GiB.</summary>
    static readonly Dictionary<string, (int Least, int Most, int PerGib)> Iops = new()
    {
        ["gp3"] = (BaseIops, 80_000, 500),
        ["io1"] = (100, 64_000, 50),
        ["io2"] = (100, 256_000, 1000),
    };

    /// <summary>The IOPS and MiB/s of a volume.</summary>
    /// <exception cref="Ec2Failure">The type does not take what is asked for, or not as much.</exception>
    public static (int? Iops, int? Throughput) Of(string type, int sizeGib, int? iops, int? throughput)
    {
        if (iops is null && type is "io1" or "io2") throw Ec2Failure.Missing("iops");
        if (iops is { } asked) Check(type, sizeGib, asked);
        if (throughput is not null && type != "gp3")
            throw Ec2Failure.Bad("InvalidParameterCombination", "throughput can only be specified for volumeType gp3.");
        if (throughput is < BaseThroughput or > LargestThroughput)
            throw Ec2Failure.Bad("InvalidParameterValue", $"Throughput of {throughput} is not from {BaseThroughput} to {LargestThroughput}.");
        if ((double?)throughput / (iops ?? BaseIops) is > 0.25 and var ratio)
            throw Ec2Failure.Bad("InvalidParameterValue", string.Create(CultureInfo.InvariantCulture,
                $"Throughput (MiBps) to iops ratio of {ratio:F6} is too high; maximum is 0.250000 MiBps per iops"));
        return type switch
        {
            "gp3" => (iops ?? BaseIops, throughput ?? BaseThroughput),
            "gp2" => (Math.Clamp(sizeGib * 3, 100, 16_000), null),
            _ => (iops, null),
        };
    }

    public static Ec2Failure Combination(string parameter, string type) =>
        Ec2Failure.Bad("InvalidParameterCombination", $"The parameter {parameter} is not supported for {type} volumes.");

    static void Check(string type, int sizeGib, int iops)
    {
        if (!Iops.TryGetValue(type, out var bounds)) throw Combination("iops", type);
        if (iops < bounds.Least) throw Ec2Failure.Bad("InvalidParameterValue", $"Volume iops of {iops} is too low; minimum is {bounds.Least}.");
        if (iops > bounds.Most) throw Ec2Failure.Bad("InvalidParameterValue", $"Volume iops of {iops} is too high; maximum is {bounds.Most}.");
        // What a gp3 has anyway, it has at any size.
        if (iops > (long)sizeGib * bounds.PerGib && !(type == "gp3" && iops == BaseIops))
            throw Ec2Failure.Bad("InvalidParameterValue", string.Create(CultureInfo.InvariantCulture,
                $"Iops to volume size ratio of {(double)iops / sizeGib:F6} is too high; maximum is {bounds.PerGib}"));
    }
}
