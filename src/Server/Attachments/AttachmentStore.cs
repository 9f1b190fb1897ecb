using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Attachments;

/// <summary>The table <c>attachments</c>. Every transition is one conditional UPDATE; losing a race is a return value.</summary>
sealed class AttachmentStore(Database.Database database, TimeProvider time)
{
    /// <summary>What was detached can be looked up so long.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    const string List = "attachments";

    static readonly Sql Select =
        $"""
        SELECT id, provider_attachment_id, volume_id, snapshot_id, client, is_read_only, is_multi_attach, lease_seconds, state, state_reason, device,
            is_connected, attached_at, detached_at, created_at, updated_at
        FROM attachments
        """;

    /// <summary>One page of an account's attachments, the newest first; of one volume or one snapshot where that is asked for.</summary>
    public async Task<Page<AttachedClient>> ListAsync(
        AccountId account, string? volume, string? snapshot, PageOf page, CancellationToken cancellation)
    {
        var (created, id) = page.AfterTimeAndId(List, (long.MaxValue, ""));
        var found = await database.QueryAsync(
            $"""
            {Select} WHERE account_id = {account} AND state <> {AttachmentState.Detached} AND (created_at, id) < ({created}, {id})
              AND {Sql.If(volume, $"volume_id = {volume}")} AND {Sql.If(snapshot, $"snapshot_id = {snapshot}")}
            ORDER BY created_at DESC, id DESC LIMIT {page.Limit + 1}
            """, Read, cancellation);
        return page.Cut(found, List, last => PageOf.Key(last.CreatedAt, last.Id), ApiJson.Wire.AttachedClient);
    }

    /// <summary>An attachment of the account, by Octavo's id or the provider's; one that was detached too, for as long as that is kept.</summary>
    /// <exception cref="VolumeException">Not found: unknown, malformed and another account's all alike.</exception>
    public async Task<AttachedClient> ShowAsync(AccountId account, string id, CancellationToken cancellation) =>
        await database.FindAsync(
            $"{Select} WHERE account_id = {account} AND (id = {id} OR provider_attachment_id = {id})", Read, cancellation)
        ?? throw new VolumeException(ErrorCode.NotFound, "There is no such attachment in this account.");

    /// <summary>The clients of a volume that are there or on their way, in a transaction that may add one.</summary>
    public static Task<List<AttachedClient>> OfVolumeAsync(Transaction transaction, string volume, CancellationToken cancellation) =>
        transaction.QueryAsync(
            $"{Select} WHERE volume_id = {volume} AND state <> {AttachmentState.Detached} ORDER BY created_at, id", Read, cancellation);

    /// <summary>Writes down a client that is to be attached by an operation.</summary>
    public async Task<AttachedClient> AddAsync(
        Transaction transaction, AttachmentRow wanted, OperationId operation, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return (await transaction.FindAsync(
            $"""
            INSERT INTO attachments (id, account_id, credential_id, region, volume_id, snapshot_id, provider_volume_id, provider_snapshot_id, operation_id,
                client, is_read_only, is_multi_attach, lease_seconds, state, created_at, updated_at)
            VALUES ({wanted.Id}, {wanted.Account}, {wanted.CredentialId}, {wanted.Region}, {wanted.VolumeId}, {wanted.SnapshotId},
                {wanted.ProviderVolumeId}, {wanted.ProviderSnapshotId}, {operation}, {wanted.Client}, {wanted.IsReadOnly}, {wanted.IsMultiAttach},
                {wanted.LeaseSeconds}, {AttachmentState.Attaching}, {now}, {now})
            RETURNING id, provider_attachment_id, volume_id, snapshot_id, client, is_read_only, is_multi_attach, lease_seconds, state, state_reason, device,
                is_connected, attached_at, detached_at, created_at, updated_at
            """, Read, cancellation))!;
    }

    /// <summary>The attachment that an unfinished operation works on, whatever its state.</summary>
    public async Task<AttachmentRow> TargetAsync(Operation operation, CancellationToken cancellation) =>
        await database.FindAsync(
            $"""
            SELECT id, account_id, credential_id, region, volume_id, snapshot_id, provider_volume_id, provider_snapshot_id, provider_attachment_id, client,
                is_read_only, is_multi_attach, lease_seconds
            FROM attachments WHERE id = {AttachmentInput.Of(operation).Attachment}
            """,
            row => new AttachmentRow(
                row.Text(0), new AccountId(row.Text(1)), row.Text(2), row.Text(3), row.TextOrNull(4), row.TextOrNull(5), row.TextOrNull(6),
                row.TextOrNull(7), row.TextOrNull(8), row.Text(9), row.Flag(10), row.Flag(11), (int)row.Number(12)), cancellation)
        ?? throw new VolumeException(ErrorCode.Internal, $"Operation {operation.Id} has no attachment.");

    /// <summary>Records that the provider attached it.</summary>
    public Task AttachedAsync(Transaction transaction, string id, ClientAttachment seen, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            UPDATE attachments SET state = {AttachmentState.Attached}, provider_attachment_id = {seen.Id}, device = {seen.Device},
                is_connected = {seen.IsConnected}, attached_at = {seen.AttachedAt}, updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state = {AttachmentState.Attaching}
            """, cancellation);

    /// <summary>Records that it is to be detached; false where it is not attached.</summary>
    public async Task<bool> DetachingAsync(Transaction transaction, string id, CancellationToken cancellation) =>
        await transaction.ExecuteAsync(
            $"""
            UPDATE attachments SET state = {AttachmentState.Detaching}, updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state = {AttachmentState.Attached}
            """, cancellation) > 0;

    /// <summary>Records that it stays attached, because its detachment failed.</summary>
    public Task StaysAsync(Transaction transaction, string id, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            UPDATE attachments SET state = {AttachmentState.Attached}, updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state = {AttachmentState.Detaching}
            """, cancellation);

    /// <summary>Records that it is detached.</summary>
    /// <param name="reason">A sentence, where that was not asked for or not clean.</param>
    public Task DetachedAsync(Transaction transaction, string id, string? reason, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            UPDATE attachments SET state = {AttachmentState.Detached}, state_reason = {reason}, is_connected = 0, detached_at = {time.GetUtcNow()},
                updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state <> {AttachmentState.Detached}
            """, cancellation);

    /// <summary>Those of a cell that are not detached.</summary>
    public Task<List<WatchedAttachment>> OfCellAsync(Cell cell, CancellationToken cancellation) => database.QueryAsync(
        $"""
        SELECT id, provider_attachment_id, operation_id, state, is_connected, device FROM attachments
        WHERE credential_id = {cell.Credential} AND region = {cell.Region} AND state <> {AttachmentState.Detached}
        """,
        row => new WatchedAttachment(
            row.Text(0), row.TextOrNull(1), row.TextOrNull(2), row.Text(3), row.Flag(4), row.TextOrNull(5)), cancellation);

    /// <summary>Records that the provider does not have it any more, and nobody here asked for that.</summary>
    public Task VanishedAsync(Transaction transaction, string id, string reason, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            UPDATE attachments SET state = {AttachmentState.Detached}, state_reason = {reason}, is_connected = 0, detached_at = {time.GetUtcNow()},
                updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state = {AttachmentState.Attached}
            """, cancellation);

    /// <summary>Records what may change while it is attached.</summary>
    public Task SeenAsync(Transaction transaction, string id, ClientAttachment seen, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            UPDATE attachments SET is_connected = {seen.IsConnected}, device = {seen.Device}, updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state = {AttachmentState.Attached}
            """, cancellation);

    /// <summary>Records one that nobody here asked for, or that was taken for detached: a restored backup knows less than the provider.</summary>
    public Task FoundAsync(Transaction transaction, Cell cell, ClientAttachment seen, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO attachments (id, account_id, credential_id, region, volume_id, snapshot_id, provider_volume_id, provider_snapshot_id,
                provider_attachment_id, client, is_read_only, is_multi_attach, lease_seconds, state, device, is_connected, attached_at, created_at, updated_at)
            SELECT {InternalId.New()}, {cell.Account}, {cell.Credential}, {cell.Region},
                (SELECT v.id FROM volumes v WHERE v.credential_id = {cell.Credential} AND v.provider_volume_id = {seen.Volume?.Value}),
                (SELECT s.id FROM snapshots s WHERE s.credential_id = {cell.Credential} AND s.provider_snapshot_id = {seen.Snapshot?.Value}),
                {seen.Volume?.Value}, {seen.Snapshot?.Value}, {seen.Id}, {seen.Client}, {seen.IsReadOnly}, {seen.IsMultiAttach},
                {(int)seen.Lease.TotalSeconds}, {AttachmentState.Attached}, {seen.Device}, {seen.IsConnected}, {seen.AttachedAt}, {seen.AttachedAt},
                {time.GetUtcNow()}
            WHERE NOT EXISTS (SELECT 1 FROM attachments WHERE operation_id = {seen.CreatedBy?.Value} AND state = {AttachmentState.Attaching})
            ON CONFLICT (credential_id, provider_attachment_id) DO UPDATE SET state = {AttachmentState.Attached}, state_reason = NULL, detached_at = NULL,
                is_connected = excluded.is_connected, updated_at = excluded.updated_at
            """, cancellation);

    /// <summary>Drops what was detached long ago.</summary>
    public async Task PruneAsync(CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"DELETE FROM attachments WHERE state = {AttachmentState.Detached} AND updated_at < {time.GetUtcNow() - Kept}", cancellation);
        await transaction.CommitAsync();
    }

    static AttachedClient Read(Row row) => new(
        row.Text(0), row.TextOrNull(1), row.TextOrNull(2), row.TextOrNull(3), row.Text(4), row.Flag(5), row.Flag(6), (int)row.Number(7), row.Text(8),
        row.TextOrNull(9), row.TextOrNull(10), row.Flag(11), row.TimeOrNull(12), row.TimeOrNull(13), row.Time(14), row.Time(15));
}

/// <summary>What a handler must know of the attachment that it works on.</summary>
sealed record AttachmentRow(
    string Id, AccountId Account, string CredentialId, string Region, string? VolumeId, string? SnapshotId, string? ProviderVolumeId,
    string? ProviderSnapshotId, string? ProviderAttachmentId, string Client, bool IsReadOnly, bool IsMultiAttach, int LeaseSeconds);

/// <summary>What the watch must know of an attachment.</summary>
sealed record WatchedAttachment(
    string Id, string? ProviderId, string? Operation, string State, bool IsConnected, string? Device);

/// <summary>What the operation of attaching or detaching needs: which one, the hash of its token, and whether it is forced.</summary>
sealed record AttachmentInput(string Attachment, string? TokenSha256 = null, bool Force = false)
{
    public string Text() => JsonSerializer.Serialize(this, AttachmentJson.Default.AttachmentInput);

    public static AttachmentInput Of(Operation operation) =>
        JsonSerializer.Deserialize(operation.Input!, AttachmentJson.Default.AttachmentInput)!;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AttachmentInput))]
sealed partial class AttachmentJson : JsonSerializerContext;
