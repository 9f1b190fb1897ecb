using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Volumes;

/// <summary>
/// Changes what people give a volume: its name and tags, which some providers keep themselves, so that an operation changes them there first; its mount
/// point and its protection, which only the inventory knows.
/// </summary>
sealed class UpdateVolume(Database.Database database, VolumeStore volumes, OperationStore operations, Cells cells, TimeProvider time) : IOperationHandler
{
    /// <inheritdoc/>
    public string Kind => OperationKind.UpdateVolume;

    /// <summary>Makes the changes, and asks for those that the provider makes; null where there are none of those.</summary>
    /// <exception cref="VolumeException">Invalid: a name, a path or a tag. Not found.</exception>
    public async Task<(Volume Volume, Operation? Operation)> EnqueueAsync(
        Transaction transaction, AccountId account, string id, UpdateVolumeRequest request, CancellationToken cancellation)
    {
        var volume = await volumes.GetAsync(account, id, cancellation);
        var before = await volumes.ShowAsync(account, id, cancellation);
        var name = request.Name is { } given ? Names.Display(given) : null;
        var mountPoint = request.MountPoint is { } path ? Names.MountPoint(path) : before.MountPoint;
        var tags = Merged(before.Tags, request.Tags);
        var known = await cells.GetAsync(volume.CredentialId, volume.Region, cancellation);
        var isTheProviders = known.Provider.Capabilities.KeepsTags && volume.ProviderVolumeId is not null;
        await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET mount_point = {mountPoint}, is_protected = {request.Protected ?? before.IsProtected},
                name = {(isTheProviders ? before.Name : name ?? before.Name)}, tags = {Tags.Text(isTheProviders ? before.Tags : tags)},
                updated_at = {time.GetUtcNow()}
            WHERE id = {id}
            """, cancellation);
        Operation? operation = null;
        if (isTheProviders && Update(before, name, tags) is { } update)
            operation = await operations.EnqueueAsync(
                transaction, account, OperationId.New(), Kind, cancellation, new VolumeId(id),
                input: JsonSerializer.Serialize(update, UpdateJson.Default.UpdateInput));
        return ((await transaction.FindAsync($"{VolumeWire.Select} WHERE v.id = {id}", VolumeWire.Read, cancellation))!, operation);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        var (name, set, remove) = JsonSerializer.Deserialize(running.Operation.Input!, UpdateJson.Default.UpdateInput)!;
        await running.StepAsync("updating", cancellation);
        var now = await provider.UpdateVolumeAsync(
            cell, new ProviderVolumeId(target.ProviderVolumeId!), new VolumeUpdate(name, [.. set], [.. remove]), running.Operation.Id, cancellation);
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET name = {now.Name ?? provider.FoundName}, tags = {Tags.Text(now.Tags.Select(t => KeyValuePair.Create(t.Key, t.Value)))},
                updated_at = {time.GetUtcNow()}
            WHERE id = {target.Id}
            """, cancellation);
        await operations.SucceedAsync(transaction, running.Attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        operations.FailAsync(running.Attempt, cancellation);

    static Dictionary<string, string> Merged(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string?>? changes)
    {
        var tags = new Dictionary<string, string>(before, StringComparer.Ordinal);
        foreach (var (key, value) in changes ?? new Dictionary<string, string?>())
            if (value is null) tags.Remove(key);
            else tags[key] = value;
        Names.CheckTags(tags);
        return tags;
    }

    /// <summary>What is otherwise at the provider; null where nothing is.</summary>
    static UpdateInput? Update(Volume before, string? name, Dictionary<string, string> tags)
    {
        ProviderTag[] set = [.. tags.Where(t => before.Tags.GetValueOrDefault(t.Key) != t.Value).Select(t => new ProviderTag(t.Key, t.Value))];
        string[] remove = [.. before.Tags.Keys.Except(tags.Keys)];
        var renamed = name == before.Name ? null : name;
        return renamed is null && set.Length + remove.Length == 0 ? null : new UpdateInput(renamed, set, remove);
    }

    /// <summary>What the operation is to change at the provider.</summary>
    internal sealed record UpdateInput(string? Name, IReadOnlyList<ProviderTag> Set, IReadOnlyList<string> Remove);
}

[JsonSerializable(typeof(UpdateVolume.UpdateInput))]
sealed partial class UpdateJson : JsonSerializerContext;
