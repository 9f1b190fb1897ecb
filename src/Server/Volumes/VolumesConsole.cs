using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Attachments;
using Octavo.Server.Audit;
using Octavo.Server.Console;
using Octavo.Server.Credentials;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;

namespace Octavo.Server.Volumes;

/// <summary>A page of the volume table.</summary>
/// <param name="Address">How it is filtered and sorted.</param>
/// <param name="Filter">The filter as /v2 takes it in a body, for what is done to all that match.</param>
/// <param name="Items">The volumes.</param>
/// <param name="Next">The token of the next page.</param>
/// <param name="Count">How many fit in all.</param>
/// <param name="Credentials">Names of credentials, by id.</param>
/// <param name="Regions">Every region.</param>
/// <param name="Stale">Regions whose last look failed.</param>
public sealed record VolumeTable(
    ListAddress Address, string Filter, IReadOnlyList<Volume> Items, string? Next, long Count, IReadOnlyDictionary<string, string> Credentials,
    IReadOnlyList<string> Regions, int Stale);

/// <summary>A volume with what belongs to it.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Match">Its entity tag.</param>
/// <param name="CredentialName">The name of its credential.</param>
/// <param name="Snapshots">Its snapshots, the newest first.</param>
/// <param name="HasMoreSnapshots">Whether there are older ones.</param>
/// <param name="Attachments">Its clients, the newest first.</param>
/// <param name="Operations">Its operations, the newest first.</param>
/// <param name="Audit">Its entries in the audit log, the newest first; null for who may not see them.</param>
public sealed record VolumeView(
    Volume Volume, string Match, string CredentialName, IReadOnlyList<Snapshot> Snapshots, bool HasMoreSnapshots,
    IReadOnlyList<AttachedClient> Attachments, IReadOnlyList<Api.Operation> Operations,
    IReadOnlyList<AuditEntry>? Audit);

/// <summary>The console's pages of volumes: the table, one volume, and what changes one. What goes for many is in <see cref="BulkConsole"/>.</summary>
static class VolumesConsole
{
    /// <summary>Rows of a page: 100 KiB, and as many as anybody looks through.</summary>
    const int PageSize = 50;

    /// <summary>People look for names.</summary>
    const string ByName = "name";

    const int MaxSnapshots = 200;
    const int MaxOperations = 20;

    /// <summary>A tag as people type it, because a form cannot make the name <c>tag.KEY</c>.</summary>
    static readonly QueryParameter Tag = new("tag", "With this tag: key=value.");

    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/volumes", ListAsync).WithName("ConsoleListVolumes").WithQuery([Tag, .. VolumeQuery.Parameters]);
        console.MapGet("/volumes/deleted", ListDeletedAsync).WithName("ConsoleListDeletedVolumes").WithQuery(PageOf.Parameters);
        console.MapGet("/volumes/new", ShowNewAsync).WithName("ConsoleShowNewVolume");
        console.MapPost("/volumes/new", CreateAsync).WithName("ConsoleCreateVolume");
        console.MapGet("/volumes/{id}", ShowAsync).WithName("ConsoleShowVolume");
        console.MapPost("/volumes/{id}", UpdateAsync).WithName("ConsoleUpdateVolume");
        console.MapGet("/volumes/{id}/raw", ShowRawAsync).WithName("ConsoleShowRawVolume");
        console.MapPost("/volumes/{id}/snapshots", SnapshotAsync).WithName("ConsoleCreateSnapshot");
        console.MapPost("/volumes/{id}/grow", GrowAsync).WithName("ConsoleGrowVolume");
        console.MapPost("/volumes/{id}/undelete", UndeleteAsync).WithName("ConsoleUndeleteVolume");
        console.MapPost("/volumes/{id}/purge", PurgeAsync).WithName("ConsolePurgeVolume");
    }

    static async Task<IResult> ListAsync(
        Caller caller, Frame frame, VolumeQuery query, AccountInventories inventories, VolumeStore volumes, Cells cells, CredentialStore credentials,
        HttpContext context, CancellationToken cancellation)
    {
        var tags = new Dictionary<string, string>(query.Filter.Tags ?? new Dictionary<string, string>());
        if (Query.Text(context, Tag.Name) is { } tag)
        {
            var equals = tag.IndexOf('=', StringComparison.Ordinal);
            tags[equals < 0 ? tag : tag[..equals]] = equals < 0 ? "" : tag[(equals + 1)..];
        }
        var filter = query.Filter with { Tags = tags.Count == 0 ? null : tags };
        var page = query.Page with { Limit = Query.Text(context, "limit") is null ? PageSize : query.Page.Limit };
        var (items, next, count) = await (query with { Filter = filter, Sort = query.Sort ?? ByName, Page = page, IsCounted = true }).AskAsync(inventories.Of(caller.Account), volumes, cancellation);
        var fresh = await cells.StatusAsync(caller.Account, credential: null, cancellation);
        return Show.Page<VolumesPage>(new
        {
            Frame = frame,
            Table = new VolumeTable(
                ListAddress.Of(context), BulkConsole.Text(filter), items, next, count ?? 0, await NamesAsync(caller, credentials, cancellation),
                [.. fresh.Select(cell => cell.Region).Distinct().Order()], fresh.Count(cell => cell.StaleSince is not null)),
        });
    }

    static async Task<IResult> ListDeletedAsync(
        Caller caller, Frame frame, PageOf page, AccountInventories inventories, VolumeStore volumes, HttpContext context, CancellationToken cancellation)
    {
        var query = new VolumeQuery(new VolumeFilter(State: "deleted"), "-deleted_at", page with { Limit = PageSize }, IsCounted: true);
        var (items, next, _) = await query.AskAsync(inventories.Of(caller.Account), volumes, cancellation);
        return Show.Page<DeletedVolumesPage>(new { Frame = frame, Items = items, Next = next, Address = ListAddress.Of(context) });
    }

    static Task<IResult> ShowNewAsync(Operator caller, Frame frame, Cells cells, CredentialStore credentials, CancellationToken cancellation) =>
        NewAsync(caller, frame, Form.Empty, null, StatusCodes.Status200OK, cells, credentials, cancellation);

    static async Task<IResult> NewAsync(
        Caller caller, Frame frame, Form form, Refusal? refusal, int status, Cells cells, CredentialStore credentials, CancellationToken cancellation)
    {
        var names = await NamesAsync(caller, credentials, cancellation);
        var places = (await cells.StatusAsync(caller.Account, credential: null, cancellation))
            .Select(cell => ($"{cell.CredentialId}/{cell.Region}", cell.Provider == "local" ? "This server's own pool" : $"{names.GetValueOrDefault(cell.CredentialId)}, {cell.Region}"));
        return Show.Page<NewVolumePage>(new { Frame = frame, Form = form, Refusal = refusal, Places = places.ToList() }, status);
    }

    static Task<IResult> CreateAsync(
        Operator caller, Frame frame, Form form, Change change, CreateVolume create, VolumeStore volumes, OperationStore operations, Cells cells,
        CredentialStore credentials, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                var place = form.Text("place")?.Split('/', 2) ?? [];
                var request = new CreateVolumeRequest(
                    form.Trimmed("name"), form.Number("size_gib"), CredentialId: place.ElementAtOrDefault(0), Region: place.ElementAtOrDefault(1),
                    VolumeType: form.Trimmed("volume_type"), Iops: (int?)form.Number("iops"), ThroughputMibps: (int?)form.Number("throughput_mibps"),
                    Encrypted: form.IsTicked("encrypted") ? true : null, MountPoint: form.Trimmed("mount_point"), Protected: form.IsTicked("protected"),
                    Tags: TagRows.Read(form));
                return Show.Then(
                    await VolumeEndpoints.CreateAsync(caller, new Body<CreateVolumeRequest>(request), change, create, volumes, operations, cancellation),
                    made => $"/volumes/{Show.Answered(made, ApiJson.Wire.VolumeAccepted).Volume.Id}");
            },
            (refusal, status) => NewAsync(caller, frame, form, refusal, status, cells, credentials, cancellation));

    static Task<IResult> ShowAsync(Caller caller, Frame frame, string id, HttpContext context) =>
        OneAsync(caller, frame, id, Form.Empty, null, StatusCodes.Status200OK, context);

    /// <summary>A volume's page; again, with what was wrong, after a form of it was refused.</summary>
    internal static async Task<IResult> OneAsync(Caller caller, Frame frame, string id, Form form, Refusal? refusal, int status, HttpContext context)
    {
        var cancellation = context.RequestAborted;
        var volume = await Service<VolumeStore>().ShowAsync(caller.Account, id, cancellation);
        var snapshots = volume.ProviderVolumeId is null ? new SnapshotPage([], null, null) : await new SnapshotQuery(
            new SnapshotFilter(ProviderVolumeId: volume.ProviderVolumeId, CredentialId: volume.CredentialId), null, new PageOf(MaxSnapshots, null), IsCounted: false)
            .AskAsync(Service<AccountInventories>().Of(caller.Account), Service<SnapshotStore>(), cancellation);
        var operations = await Service<OperationStore>().ListAsync(
            caller.Account, new OperationFilter(null, null, id, null), new PageOf(MaxOperations, null), cancellation);
        var attachments = await Service<AttachmentStore>().ListAsync(caller.Account, id, null, new PageOf(PageOf.MaxLimit, null), cancellation);
        var audit = caller.Role < Role.Admin ? null : await Service<AuditLog>().ListAsync(
            caller.Account, new AuditFilter(null, null, id, null, null, null, null), new PageOf(MaxOperations, null), cancellation);
        var credential = await Service<CredentialStore>().GetAsync(caller.Account, volume.CredentialId, cancellation);
        return Show.Page<VolumeDetailPage>(
            new
            {
                Frame = frame,
                Form = form,
                Refusal = refusal,
                View = new VolumeView(
                    volume, Etag.Of(VolumeWire.Tagged(volume), ApiJson.Wire.Volume), credential.Name, snapshots.Items, snapshots.NextPageToken is not null,
                    attachments.Items, operations.Items, audit?.Items),
            }, status);

        T Service<T>() where T : notnull => context.RequestServices.GetRequiredService<T>();
    }

    static Task<IResult> UpdateAsync(
        Operator caller, Frame frame, string id, Form form, Change change, UpdateVolume update, VolumeStore volumes, OperationStore operations,
        HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                // Whichever of the page's forms it is: what it does not have stays.
                Dictionary<string, string?>? tags = null;
                if (form.Given(TagRows.KeyField) is not null)
                {
                    var wanted = TagRows.Read(form);
                    var before = await volumes.ShowAsync(caller.Account, id, cancellation);
                    tags = wanted.Where(t => before.Tags.GetValueOrDefault(t.Key) != t.Value).ToDictionary(t => t.Key, t => (string?)t.Value);
                    foreach (var key in before.Tags.Keys.Except(wanted.Keys)) tags[key] = null;
                }
                var request = new UpdateVolumeRequest(
                    form.Given("name")?.Trim(), form.Given("mount_point")?.Trim(), form.Text("protected") is { } word ? word == "true" : null, tags);
                return Show.Then(
                    await VolumeEndpoints.UpdateAsync(caller, id, new Body<UpdateVolumeRequest>(request), change, update, volumes, operations, cancellation),
                    _ => $"/volumes/{id}");
            },
            (refusal, status) => OneAsync(caller, frame, id, form, refusal, status, context));

    static async Task<IResult> ShowRawAsync(
        Caller caller, Frame frame, string id, VolumeStore volumes, RawVolumes raw, CancellationToken cancellation)
    {
        var volume = await volumes.ShowAsync(caller.Account, id, cancellation);
        var text = await raw.OfAsync(await volumes.GetAsync(caller.Account, id, cancellation), cancellation);
        return Show.Page<RawVolumePage>(new { Frame = frame, Volume = volume, Text = text });
    }

    static async Task<IResult> SnapshotAsync(
        Operator caller, string id, Change change, SnapshotStore snapshots, VolumeStore volumes, OperationStore operations, CancellationToken cancellation) =>
        Show.Then(await SnapshotEndpoints.CreateAsync(caller, id, change, snapshots, volumes, operations, cancellation), _ => $"/volumes/{id}#snapshots");

    static Task<IResult> GrowAsync(
        Operator caller, Frame frame, string id, Form form, Change change, GrowVolume grow, VolumeStore volumes, OperationStore operations,
        HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () => Show.Then(
                await VolumeEndpoints.GrowAsync(
                    caller, id, new Body<GrowVolumeRequest>(new GrowVolumeRequest(form.Number("size_gib"))), change, grow, volumes, operations, cancellation),
                _ => $"/volumes/{id}"),
            (refusal, status) => OneAsync(caller, frame, id, form, refusal, status, context));

    static async Task<IResult> UndeleteAsync(
        Operator caller, string id, Change change, UndeleteVolume undelete, VolumeStore volumes, OperationStore operations, CancellationToken cancellation) =>
        Show.Then(await DeletionEndpoints.UndeleteAsync(caller, id, change, undelete, volumes, operations, cancellation), _ => $"/volumes/{id}");

    static async Task<IResult> PurgeAsync(
        Admin caller, string id, Form form, Change change, DeleteVolume delete, PurgeVolume purge, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation)
    {
        if ((await volumes.ShowAsync(caller.Account, id, cancellation)).State != "deleted")
            throw new VolumeException(ErrorCode.Conflict, "The volume is not deleted. Delete it first; the plan of that can free its space at once, too.");
        if (!form.IsTicked("sure")) throw new VolumeException(ErrorCode.Invalid, "Tick that you are sure: what is purged cannot be brought back.");
        return Show.Then(
            await DeletionEndpoints.DeleteAsWishedAsync(
                caller, id, new DeleteWish(FinalSnapshot: false, Purge: true), change, delete, purge, volumes, operations, cancellation), Show.Operation);
    }

    internal static async Task<IReadOnlyDictionary<string, string>> NamesAsync(Caller caller, CredentialStore credentials, CancellationToken cancellation) =>
        (await credentials.ListAsync(caller.Account, new PageOf(PageOf.MaxLimit, null), cancellation)).Items.ToDictionary(c => c.Id, c => c.Name);
}
