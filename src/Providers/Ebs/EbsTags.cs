using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>The tags of volumes, the name among them: given at creation, and changed later.</summary>
sealed class EbsTags(
    EbsSessions sessions, LookUps lookUps, RecentCreates<ProviderVolume> recent, RecentTags recentTags, TimeProvider time)
{
    public async Task<ProviderVolume> UpdateAsync(Cell cell, ProviderVolumeId id, VolumeUpdate update, CancellationToken cancellation)
    {
        var set = To(update.Name, update.SetTags);
        if (update.Name is not null && !set.Exists(t => t.Key == EbsTranslation.NameTag))
            throw new VolumeException(ErrorCode.Invalid, "A name needs at least one character that can be seen.");
        CheckKeys(update.RemoveTags);
        if (set.Find(t => update.RemoveTags.Contains(t.Key)) is { } both)
            throw new VolumeException(ErrorCode.Invalid, $"The tag {both.Key} is both to be set and to be removed. Ask for one of them.");
        // What AWS may refuse comes first, so that a refusal has taken nothing away.
        if (set.Count > 0)
            await RepeatAsync(cell, id, () => sessions.ChangeAsync(cell, Actions.CreateTags, (ec2, token) =>
                ec2.CreateTagsAsync(new CreateTagsRequest([id.Value], set), token), cancellation), cancellation);
        if (update.RemoveTags.Count > 0)
            await RepeatAsync(cell, id, () => sessions.ChangeAsync(cell, Actions.DeleteTags, (ec2, token) =>
                ec2.DeleteTagsAsync(new DeleteTagsRequest
                {
                    Resources = [id.Value],
                    // Without a value, which would have to be the one that it has.
                    Tags = [.. update.RemoveTags.Select(key => new Tag { Key = key })],
                }, token), cancellation), cancellation);
        recentTags.Add(cell, id, [.. set.Select(t => KeyValuePair.Create(t.Key, (string?)t.Value)),
            .. update.RemoveTags.Select(key => KeyValuePair.Create(key, (string?)null))]);
        return await lookUps.VolumeAsync(cell, id, cancellation) ?? recentTags.ApplyTo(cell, recent.Find(cell, id.Value))
            ?? throw new VolumeException(ErrorCode.NotFound, $"There is no volume {id} in {cell.Region}.");
    }

    /// <summary>Tags as EC2 takes them. The name, where there is one, is the tag <c>Name</c>, whatever the tags say.</summary>
    /// <exception cref="VolumeException">Invalid: the tag that Octavo finds a volume by is among them.</exception>
    public static List<Tag> To(string? name, ValueList<ProviderTag> tags)
    {
        CheckKeys(tags.Select(t => t.Key));
        List<Tag> all = [.. tags.Select(t => new Tag(t.Key, t.Value))];
        if (EbsTranslation.CleanName(name) is not { } clean) return all;
        all.RemoveAll(t => t.Key == EbsTranslation.NameTag);
        all.Add(new Tag(EbsTranslation.NameTag, clean));
        return all;
    }

    static void CheckKeys(IEnumerable<string> keys)
    {
        if (keys.Contains(EbsTranslation.OperationTag))
            throw new VolumeException(ErrorCode.Invalid,
                $"The tag {EbsTranslation.OperationTag} is Octavo's own: it finds by it what it made. Leave it out.");
    }

    /// <summary>
    /// Asks until the outcome is known: both requests say how it shall be, so that one which is repeated changes nothing more. A volume that is
    /// younger than EC2's news is not gone.
    /// </summary>
    async Task RepeatAsync(Cell cell, ProviderVolumeId id, Func<Task> change, CancellationToken cancellation)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await change();
                return;
            }
            catch (VolumeException e) when (tries < Settling.Pauses.Length
                && (Outcome.IsUnknown(e) || (e.Code == ErrorCode.NotFound && recent.Find(cell, id.Value) is not null)))
            {
                await Task.Delay(Settling.Pauses[tries], time, cancellation);
            }
        }
    }
}
