using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Volumes;

/// <summary>How volumes shall be deleted.</summary>
/// <param name="FinalSnapshot">Take a snapshot of each first; one whose snapshot does not complete is not deleted.</param>
/// <param name="Purge">Free the space at once, where it would be kept for a while.</param>
sealed record DeleteWish(bool FinalSnapshot, bool Purge);

/// <summary>Tells what a deletion would do, and what is in its way. Changes nothing.</summary>
sealed class DeletePlans(Database.Database database, Cells cells, ServerOptions options, TimeProvider time)
{
    /// <summary>Volumes that a plan shows; it counts all.</summary>
    const int MaxShown = 1000;

    /// <summary>Whether an operation is at work on a volume <c>v</c> that a deletion would disturb; a snapshot that is only being copied is not.</summary>
    static readonly Sql IsBusy =
        $"""
        (EXISTS (SELECT 1 FROM operations o WHERE o.volume_id = v.id AND o.state IN ('queued', 'running')
            AND NOT (o.kind = 'create-snapshot' AND o.step = 'copying'))
         OR EXISTS (SELECT 1 FROM snapshots s JOIN operations o ON o.id = s.operation_id
            WHERE s.credential_id = v.credential_id AND s.provider_volume_id = v.provider_volume_id AND s.state = 'pending'
              AND s.provider_snapshot_id IS NULL AND o.state IN ('queued', 'running')))
        """;

    /// <summary>Volumes <c>v</c> that nothing prevents from being deleted. <see cref="Blockers"/> says the same in words.</summary>
    public static readonly Sql IsFree =
        $"(v.state IN ('available', 'error') AND v.is_protected = 0 AND v.managed_by IS NULL AND v.attachment_state IS NULL AND NOT {IsBusy})";

    /// <summary>The plan for a selection.</summary>
    /// <exception cref="VolumeException">Not found: one that was named is not in the account.</exception>
    public async Task<DeletePlan> OfAsync(AccountId account, Selection selection, DeleteWish wish, CancellationToken cancellation)
    {
        var found = await database.QueryAsync(
            $"""
            {VolumeWire.Select} WHERE v.account_id = {account} AND v.state NOT IN ('deleting', 'deleted')
              AND v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(selection.Ids)})) ORDER BY v.id
            """, VolumeWire.Read, cancellation);
        if (selection.IsNamed && selection.Ids.Except(found.Select(v => v.Id)).FirstOrDefault() is { } unknown)
            throw new VolumeException(ErrorCode.NotFound, $"There is no volume {unknown} in this account.");
        var busy = (await database.QueryAsync(
            $"SELECT v.id FROM volumes v WHERE v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(selection.Ids)})) AND {IsBusy}",
            row => row.Text(0), cancellation)).ToHashSet();
        var rules = new Dictionary<(string, string), IReadOnlyList<RetentionRule>>();
        var planned = new List<PlannedDeletion>(found.Count);
        foreach (var volume in found)
        {
            var key = (volume.CredentialId, volume.Region);
            if (!rules.TryGetValue(key, out var ofCell))
                rules[key] = ofCell = await cells.RetentionRulesAsync(volume.CredentialId, volume.Region, cancellation);
            planned.Add(Plan(volume, busy.Contains(volume.Id), wish, ofCell));
        }
        var goes = planned.Where(p => p.Blockers.Count == 0).ToList();
        return new DeletePlan(
            [.. planned.OrderByDescending(p => p.Blockers.Count).Take(MaxShown)], goes.Count, planned.Count - goes.Count, goes.Sum(p => p.Volume.SizeBytes),
            goes.Sum(p => p.Volume.UsedBytes ?? 0), wish.FinalSnapshot, wish.Purge, Confirmation.Of(goes.Select(p => p.Volume.Id), $"{wish}"));
    }

    /// <summary>The rule of a recycle bin that keeps a volume the longest; null where none covers it.</summary>
    public static RetentionRule? Covering(IEnumerable<RetentionRule> rules, IReadOnlyDictionary<string, string> tags)
    {
        return rules.Where(rule => rule.Tags.Count > 0 ? rule.Tags.Any(Has) : !rule.ExcludedTags.Any(Has)).MaxBy(rule => rule.Days);

        bool Has(ProviderTag tag) => tags.TryGetValue(tag.Key, out var value) && value == tag.Value;
    }

    PlannedDeletion Plan(Volume volume, bool isBusy, DeleteWish wish, IReadOnlyList<RetentionRule> rules)
    {
        var rule = Covering(rules, volume.Tags);
        var isKeptHere = cells.Provider(volume.Provider).Capabilities.IsTheOnlyOwner && !wish.Purge && options.UndoWindow > TimeSpan.Zero;
        var kept = isKeptHere ? options.UndoWindow : rule is not null ? TimeSpan.FromDays(rule.Days) : TimeSpan.Zero;
        return new PlannedDeletion(volume, Blockers(volume, isBusy), kept > TimeSpan.Zero ? time.GetUtcNow() + kept : null, rule?.Id);
    }

    static List<Blocker> Blockers(Volume volume, bool isBusy)
    {
        var found = new List<Blocker>();
        if (volume.Attachment is { InstanceId: { } instance } attachment)
            found.Add(new("in_use", $"The volume is attached to instance {instance}{(attachment.Device is { } device ? " as " + device : "")}. Detach it first."));
        else if (volume.State == "in-use" || volume.Attachment is not null)
            found.Add(new("in_use", "The volume is in use. Detach it, or close the program that has it open for writing, first."));
        if (volume.State == "creating") found.Add(new("creating", "The volume is still being made. Wait for that to end first."));
        if (volume.IsProtected) found.Add(new("protected", "The volume is protected from deletion. Lift the protection first."));
        if (volume.ManagedBy is { } manager) found.Add(new("managed", $"The volume is managed by {manager}, which alone may delete it."));
        if (isBusy && volume.State != "creating") found.Add(new("busy", "An operation is at work on the volume. Wait for its end, or cancel it, first."));
        return found;
    }
}
