using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Console;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;

namespace Octavo.Server.Volumes;

/// <summary>What a form of the volume table selects: ids that are ticked, or everything that matches a filter.</summary>
/// <param name="Ids">Null for a filter.</param>
/// <param name="Filter">JSON, as a body of /v2 has it; null for ids.</param>
public sealed record Picked(IReadOnlyList<string>? Ids, string? Filter)
{
    /// <summary>The field of an id.</summary>
    public const string Field = "picked";

    /// <summary>Ticked for everything that matches.</summary>
    public const string AllField = "all";

    /// <summary>The filter.</summary>
    public const string FilterField = "filter";

    /// <summary>What a form says.</summary>
    /// <exception cref="VolumeException">Invalid: nothing is selected.</exception>
    public static Picked Read(Form form) =>
        form.IsTicked(AllField) ? new Picked(null, form.Text(FilterField) ?? "{}")
        : form.All(Field) is { Count: > 0 } ids ? new Picked(ids, null)
        : throw new VolumeException(ErrorCode.Invalid, "Nothing is selected. Go back and tick at least one.");

    /// <summary>The filter as /v2 has it.</summary>
    /// <exception cref="VolumeException">Invalid: it is none.</exception>
    public T? FilterAs<T>(System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> shape) where T : class
    {
        try
        {
            return Filter is null ? null : JsonSerializer.Deserialize(Filter, shape);
        }
        catch (JsonException e)
        {
            throw new VolumeException(ErrorCode.Invalid, "The form's filter cannot be read. Go back, reload the page, and send it again.", e);
        }
    }
}

/// <summary>What the console does to many volumes at once.</summary>
static class BulkConsole
{
    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapPost("/volumes/snapshots", SnapshotAsync).WithName("ConsoleCreateSnapshots");
        console.MapPost("/volumes/delete-plan", PlanAsync).WithName("ConsolePlanVolumeDeletion");
        console.MapPost("/volumes/delete", DeleteAsync).WithName("ConsoleDeleteVolumes");
    }

    /// <summary>A filter as forms carry it.</summary>
    public static string Text(VolumeFilter filter) => JsonSerializer.Serialize(filter, ApiJson.Wire.VolumeFilter);

    /// <summary>What is ticked is taken at once; for everything that matches, how much that is is shown first.</summary>
    static async Task<IResult> SnapshotAsync(
        Operator caller, Frame frame, Form form, Change change, CreateSnapshots create, AccountInventories inventories, OperationStore operations,
        CancellationToken cancellation)
    {
        var picked = Picked.Read(form);
        var (ids, filter) = (picked.Ids, picked.FilterAs(ApiJson.Strict.VolumeFilter));
        if (ids is null && !form.IsTicked("sure"))
        {
            var selection = await Selection.OfVolumesAsync(inventories.Of(caller.Account), ids, filter, cancellation);
            return Show.Page<SnapshotPlanPage>(new { Frame = frame, Picked = picked, Plan = await create.PlanAsync(caller.Account, selection, cancellation) });
        }
        var request = new CreateSnapshotsRequest(ids, filter);
        return Show.Then(
            await SnapshotEndpoints.CreateManyAsync(caller, new Body<CreateSnapshotsRequest>(request), change, create, inventories, operations, cancellation),
            Show.Operation);
    }

    static async Task<IResult> PlanAsync(
        Admin caller, Frame frame, Form form, DeletePlans plans, AccountInventories inventories, CancellationToken cancellation) =>
        await PlannedAsync(caller, frame, form, null, StatusCodes.Status200OK, plans, inventories, cancellation);

    static async Task<IResult> PlannedAsync(
        Admin caller, Frame frame, Form form, Refusal? refusal, int status, DeletePlans plans, AccountInventories inventories, CancellationToken cancellation)
    {
        var picked = Picked.Read(form);
        var selection = await Selection.OfVolumesAsync(
            inventories.Of(caller.Account), picked.Ids, picked.FilterAs(ApiJson.Strict.VolumeFilter), cancellation);
        var plan = await plans.OfAsync(caller.Account, selection, Wish(form), cancellation);
        return Show.Page<DeletePlanPage>(new { Frame = frame, Picked = picked, Plan = plan, Refusal = refusal }, status);
    }

    static Task<IResult> DeleteAsync(
        Admin caller, Frame frame, Form form, Change change, DeleteVolumes delete, DeletePlans plans, AccountInventories inventories,
        OperationStore operations, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                var (picked, wish) = (Picked.Read(form), Wish(form));
                var request = new DeleteVolumesRequest(
                    picked.Ids, picked.FilterAs(ApiJson.Strict.VolumeFilter), wish.FinalSnapshot, wish.Purge, form.Text("confirm") ?? "");
                return Show.Then(
                    await DeletionEndpoints.DeleteManyAsync(
                        caller, new Body<DeleteVolumesRequest>(request), change, delete, plans, inventories, operations, cancellation), Show.Operation);
            },
            // The plan as it is now, with why the one before was not carried out.
            (refusal, status) => PlannedAsync(caller, frame, form, refusal, status, plans, inventories, cancellation));

    static DeleteWish Wish(Form form) => new(form.IsTicked("final_snapshot"), form.IsTicked("purge"));
}
