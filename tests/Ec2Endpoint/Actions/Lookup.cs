using Octavo.Ec2.Http;
using Octavo.Ec2.Model;

namespace Octavo.Ec2.Actions;

/// <summary>Finds what a call is about. Called under the region's gate.</summary>
static class Lookup
{
    public static Entry<Ec2Volume> Volume(Call call, string id) =>
        call.Region.VolumeTable.TryGet(id, out var entry) && entry.IsFound(call.NowTicks) ? entry : throw Ec2Failure.NoVolume(id);

    public static Entry<Ec2Snapshot> Snapshot(Call call, string id) =>
        call.Region.SnapshotTable.TryGet(id, out var entry) && entry.IsFound(call.NowTicks) ? entry : throw Ec2Failure.NoSnapshot(id);

    public static string Instance(Call call, string id) => call.Region.HasInstance(id)
        ? id
        : throw Ec2Failure.Bad("InvalidInstanceID.NotFound", $"The instance ID '{id}' does not exist");
}
