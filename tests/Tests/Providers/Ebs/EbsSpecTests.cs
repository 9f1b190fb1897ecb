using Octavo.Core;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>What a volume is made as: what was asked for reaches EC2, and what EC2 refuses comes back in its words.</summary>
public class EbsSpecTests : EbsFaults
{
    [Fact]
    public async Task A_volume_of_which_nothing_is_said_is_a_plain_gp3()
    {
        var made = await CreateAsync(Spec());

        (made.VolumeType, made.Iops, made.ThroughputMiBps, made.IsEncrypted).ShouldBe(("gp3", 3000, 125, false));
        Ebs.Region.Volumes.ShouldHaveSingleItem().Tags.ShouldHaveSingleItem().Key.ShouldBe("octavo:operation");
    }

    [Fact]
    public async Task Tags_are_given_at_creation_and_the_name_is_one_of_them()
    {
        var made = await CreateAsync(Spec() with { Name = "data", Tags = [new("env", "test"), new("Name", "another"), new("empty", "")] });

        made.Name.ShouldBe("data");
        made.Tags.Where(t => t.Key != "octavo:operation").ShouldBe([new("Name", "data"), new("empty", ""), new("env", "test")]);
        var there = Ebs.Region.Volumes.ShouldHaveSingleItem();
        (there.Tag("Name"), there.Tag("env"), there.Tag("empty")).ShouldBe(("data", "test", ""));
        Ebs.Endpoint.Journal["CreateTags"].Calls.ShouldBe(0);
    }

    [Fact]
    public async Task The_tag_of_the_operation_cannot_be_given_by_hand()
    {
        var refused = await ShouldFailAsync(ErrorCode.Invalid,
            () => CreateAsync(Spec() with { Tags = [new("octavo:operation", OperationId.New().Value)] }));

        refused.Message.ShouldContain("octavo:operation");
        Ebs.Endpoint.Journal["CreateVolume"].Calls.ShouldBe(0);
    }

    public static TheoryData<string?, int?, int?, bool?, string?, string, string> Refused => new()
    {
        { "gp9", null, null, null, null, "UnknownVolumeType", "gp9" },
        { "io2", null, null, null, null, "MissingParameter", "iops" },
        { "st1", 500, null, null, null, "InvalidParameterCombination", "st1" },
        { "io2", 500, 250, null, null, "InvalidParameterCombination", "throughput" },
        { null, null, 100, null, null, "InvalidParameterValue", "100" },
        { null, null, 1000, null, null, "InvalidParameterValue", "0.333333" },
        { null, 100, null, null, null, "InvalidParameterValue", "minimum is 3000" },
        { null, 80_000, null, null, null, "InvalidParameterValue", "ratio" },
        { null, null, null, false, "alias/own", "InvalidParameterDependency", "KmsKeyId" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_EC2_refuses_is_refused_in_its_words_and_nothing_is_made(
        string? type, int? iops, int? throughput, bool? isEncrypted, string? key, string code, string said)
    {
        var spec = Spec() with { VolumeType = type, Iops = iops, ThroughputMiBps = throughput, IsEncrypted = isEncrypted, KmsKeyId = key };

        var refused = await ShouldFailAsync(ErrorCode.Invalid, () => CreateAsync(spec with { Size = ByteSize.FromGiB(125) }));

        refused.ProviderCode.ShouldBe(code);
        refused.Message.ShouldContain(said);
        Ebs.Region.Volumes.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_operation_with_another_type_is_a_conflict()
    {
        var operation = OperationId.New();
        await CreateAsync(Spec(), operation);

        var refused = await ShouldFailAsync(ErrorCode.Conflict, () => CreateAsync(Spec() with { VolumeType = "gp2" }, operation));

        refused.ProviderCode.ShouldBe("IdempotentParameterMismatch");
        Ebs.Region.Volumes.ShouldHaveSingleItem().Type.ShouldBe("gp3");
    }

    VolumeSpec Spec() => new(Ebs.Size, Ebs.Region.Zones[0], null);

    Task<ProviderVolume> CreateAsync(VolumeSpec spec, OperationId? operation = null) =>
        Provider.CreateVolumeAsync(Ebs.Cell, spec, operation ?? OperationId.New(), Cancellation);
}
