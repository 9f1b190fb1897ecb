using Octavo.Ec2.Http;
using Octavo.Ec2.Model;

namespace Octavo.Ec2.Actions;

/// <summary>Tags on what is there already: on all that a call names, or on none.</summary>
static class TagActions
{
    public static void Create(Call call, XmlBuffer xml)
    {
        var tags = Form.Tags(call.Form.Pairs("Tag"));
        if (tags.Count == 0) throw Ec2Failure.Missing("tagSet");
        Change(call, tags, old => Form.Tags(
            [.. old.Where(o => tags.TrueForAll(t => t.Key != o.Key)).Concat(tags).Select(t => (t.Key, (string?)t.Value))]));
        xml.Element("return"u8, true);
    }

    /// <summary>Without keys all tags go; a key with a value goes only where it has that value.</summary>
    public static void Delete(Call call, XmlBuffer xml)
    {
        var named = call.Form.Pairs("Tag");
        Form.Tags(named);
        Change(call, [], old => named.Count == 0
            ? []
            : [.. old.Where(o => !named.Exists(n => n.Key == o.Key && (n.Value is null || n.Value == o.Value)))]);
        xml.Element("return"u8, true);
    }

    static void Change(Call call, List<Ec2Tag> tags, Func<IReadOnlyList<Ec2Tag>, IReadOnlyList<Ec2Tag>> change)
    {
        var ids = call.Form.List("ResourceId");
        if (ids.Count == 0) throw Ec2Failure.Missing("resourceIdSet");
        lock (call.Region.Gate)
        {
            List<Action> changes = [];
            foreach (var id in ids)
                if (call.Region.Bin.TryGet(id, out var kept) && kept.IsFound(call.NowTicks))
                    Plan(call, kept, k => k with { Volume = k.Volume with { Tags = change(k.Volume.Tags) } }, changes);
                else if (id.StartsWith("vol-", StringComparison.Ordinal))
                    Plan(call, Lookup.Volume(call, id), v => v with { Tags = change(v.Tags) }, changes);
                else if (id.StartsWith("snap-", StringComparison.Ordinal))
                    Plan(call, Lookup.Snapshot(call, id), s => s with { Tags = change(s.Tags) }, changes);
                else throw Ec2Failure.Bad("InvalidID", $"The ID '{id}' is not valid");
            foreach (var apply in changes) apply();
            foreach (var id in ids) call.Record(id, null, tags);
        }
    }

    static void Plan<T>(Call call, Entry<T> entry, Func<T, T> change, List<Action> changes)
    {
        var changed = change(entry.Item);
        changes.Add(() => entry.Change(changed, call.NowTicks, call.Switches.VisibilityLag));
    }
}
