using System.Globalization;

namespace Octavo.Ec2;

/// <summary>A cloud of a given size, the same each time: accounts with one key and one role each, volumes spread evenly.</summary>
public sealed record Ec2Seed
{
    /// <summary>The accounts: 111111111111, 222222222222 and so on; from the tenth on 100000000010 and so on.</summary>
    public int Accounts { get; init; } = 1;

    /// <summary>The regions that every account has enabled.</summary>
    public IReadOnlyList<string> Regions { get; init; } = ["us-east-1"];

    /// <summary>The volumes in all regions of all accounts together.</summary>
    public int Volumes { get; init; }

    /// <summary>How many of them are attached, one to four to an instance.</summary>
    public int Attached { get; init; }

    /// <summary>Completed snapshots, of the first volumes.</summary>
    public int Snapshots { get; init; }

    /// <summary>With days, each region has a rule that keeps every deleted volume in the Recycle Bin for so long.</summary>
    public int? RetentionDays { get; init; }

    static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly string[] Types = ["gp3", "gp2", "gp3", "io2", "gp3", "st1", "gp3", "standard"];

    /// <summary>The name of the role of every account; any account may assume it with <see cref="ExternalId"/>.</summary>
    public const string RoleName = "octavo";

    /// <summary>What the account's role asks for.</summary>
    public static string ExternalId(string account) => $"octavo-{account}";

    public static string AccountId(int number) => number <= 9
        ? new string((char)('0' + number), 12)
        : string.Create(CultureInfo.InvariantCulture, $"{100_000_000_000 + number}");

    /// <summary>Makes it all.</summary>
    public void Fill(Ec2Cloud cloud)
    {
        var cells = new List<Ec2Region>();
        for (var number = 1; number <= Accounts; number++)
        {
            var account = cloud.AddAccount(AccountId(number), Regions);
            cloud.AddKey(account.Id);
            cloud.AddRole(new Ec2Role(account.Id, RoleName, ExternalId(account.Id)));
            cells.AddRange(Regions.Select(account.Region));
        }
        if (cells.Count == 0) return;
        if (RetentionDays is { } days)
            foreach (var cell in cells) cell.RetentionRules = [new Ec2RetentionRule("octavoRule1", days)];
        for (var index = 0; index < cells.Count; index++)
            FillCell(cloud, cells[index], Share(Volumes, index, cells.Count), Share(Attached, index, cells.Count),
                Share(Snapshots, index, cells.Count));
    }

    static int Share(int all, int index, int parts) => (all / parts) + (index < all % parts ? 1 : 0);

    static void FillCell(Ec2Cloud cloud, Ec2Region region, int volumes, int attached, int snapshots)
    {
        var (instance, slots, isBoot) = ("", 0, false);
        for (var i = 0; i < volumes; i++)
        {
            Ec2Attachment? attachment = null;
            if (i < attached)
            {
                isBoot = slots == 0;
                if (isBoot) (instance, slots) = (cloud.NewId("i"), 1 + (i % 4));
                slots--;
                attachment = new Ec2Attachment
                {
                    InstanceId = instance,
                    Device = isBoot ? "/dev/xvda" : $"/dev/sd{(char)('f' + slots)}",
                    AttachedAt = Epoch.AddMinutes(i + 1),
                    DeleteOnTermination = isBoot,
                };
            }
            var volume = Volume(cloud, region, i, attachment);
            region.Put(volume);
            if (i < snapshots) region.Put(Snapshot(cloud, region, volume));
        }
    }

    static Ec2Volume Volume(Ec2Cloud cloud, Ec2Region region, int i, Ec2Attachment? attachment)
    {
        var type = Types[i % Types.Length];
        return new Ec2Volume
        {
            Id = cloud.NewId("vol"),
            Zone = region.Zones[i % region.Zones.Count],
            SizeGib = 125 + (i % 900),
            Type = type,
            Status = attachment is null ? "available" : "in-use",
            CreatedAt = Epoch.AddMinutes(i),
            Iops = type is "st1" or "standard" ? null : 3000,
            Throughput = type == "gp3" ? 125 : null,
            Encrypted = i % 5 == 0,
            KmsKeyId = i % 5 == 0 ? $"arn:aws:kms:{region.Name}:{region.Account}:key/00000000-0000-4000-8000-000000000001" : null,
            SseType = i % 5 == 0 ? "sse-kms" : null,
            Attachments = attachment is null ? [] : [attachment],
            Tags = i % 3 == 0 ? [new Ec2Tag("Name", string.Create(CultureInfo.InvariantCulture, $"data-{i}"))] : [],
        };
    }

    static Ec2Snapshot Snapshot(Ec2Cloud cloud, Ec2Region region, Ec2Volume volume) => new()
    {
        Id = cloud.NewId("snap"),
        VolumeId = volume.Id,
        OwnerId = region.Account,
        StartedAt = volume.CreatedAt.AddDays(1),
        CompletedAt = volume.CreatedAt.AddDays(1).AddMinutes(10),
        VolumeSizeGib = volume.SizeGib,
        FullSizeBytes = (long)volume.SizeGib << 29,
        Encrypted = volume.Encrypted,
        KmsKeyId = volume.KmsKeyId,
        Description = "seeded",
    };
}
