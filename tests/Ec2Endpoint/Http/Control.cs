using System.Text.Json;
using Octavo.Ec2.Faults;

namespace Octavo.Ec2.Http;

/// <summary>
/// <c>/_control</c>: the same switches, figures and truth over HTTP and JSON, for those that drive the endpoint from another process.
/// Nobody is asked who they are: it is a test's tool and listens where the test told it to.
/// </summary>
sealed class Control(Ec2Endpoint endpoint)
{
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            var reply = (context.Request.Method, context.Request.Path.Value) switch
            {
                ("GET", "/_control/state") => State(context.Request),
                ("GET", "/_control/mutations") => Mutations(context.Request),
                ("GET", "/_control/keys") => endpoint.Cloud.Keys.Select(Show),
                ("GET", "/_control/switches") => SwitchesOf(context.Request),
                ("POST", "/_control/switches") => Set(context.Request, await ReadAsync<JsonElement>(context)),
                ("POST", "/_control/fail") => Fail(context.Request, await ReadAsync<FailRequest>(context)),
                ("POST", "/_control/key") => Change(await ReadAsync<KeyRequest>(context)),
                ("POST", "/_control/account") => Change(await ReadAsync<AccountRequest>(context)),
                ("POST", "/_control/rules") => Set(await ReadAsync<RulesRequest>(context)),
                ("POST", "/_control/volume") => Put(await ReadAsync<VolumeRequest>(context)),
                ("POST", "/_control/remove") => Remove(await ReadAsync<RemoveRequest>(context)),
                ("POST", "/_control/clear") => Clear(),
                _ => null,
            };
            if (reply is null) context.Response.StatusCode = StatusCodes.Status404NotFound;
            else await context.Response.WriteAsJsonAsync(reply, reply.GetType(), ControlJson.Options, context.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException or FormatException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsJsonAsync(new { error = e.Message }, context.RequestAborted);
        }
    }

    static async Task<T> ReadAsync<T>(HttpContext context) =>
        await JsonSerializer.DeserializeAsync<T>(context.Request.Body, ControlJson.Options, context.RequestAborted)
        ?? throw new JsonException("A JSON object is needed.");

    StateReply State(HttpRequest request)
    {
        string? account = request.Query["account"], name = request.Query["region"];
        var regions = (
            from a in endpoint.Cloud.Accounts
            where account is null || a.Id == account
            from region in a.Regions
            where name is null || region.Name == name
            let snapshots = region.Snapshots
            select new RegionReply(a.Id, region.Name, region.Calls, region.Throttled, region.VolumeCount, snapshots.Count,
                account is null ? null : region.Volumes, account is null ? null : snapshots, account is null ? null : region.RecycleBin)).ToList();
        return new StateReply(regions.Sum(r => r.VolumeCount), regions.Sum(r => r.SnapshotCount), regions, endpoint.Journal.Total,
            endpoint.Journal.Actions.ToDictionary(a => a, a => endpoint.Journal[a]), endpoint.Journal.Mutations.Count);
    }

    IEnumerable<Mutation> Mutations(HttpRequest request)
    {
        string? action = request.Query["action"];
        return endpoint.Journal.Mutations.Where(m => action is null || m.Action == action);
    }

    /// <summary>A key as the program prints it, so that a client can be configured from it.</summary>
    public object Show(Ec2Key key) => new
    {
        account = key.Account,
        accessKeyId = key.Id,
        secretAccessKey = key.Secret,
        sessionToken = key.SessionToken,
        roles = endpoint.Cloud.Roles.Where(r => r.Account == key.Account).Select(r => new { arn = r.Arn, externalId = r.ExternalId }),
    };

    Switches SwitchesOf(HttpRequest request) => request.Query["account"] is [{ } account]
        ? endpoint.Cloud.Account(account).Switches ??= endpoint.Switches.Copy()
        : endpoint.Switches;

    Switches Set(HttpRequest request, JsonElement changes)
    {
        var switches = SwitchesOf(request);
        ControlJson.Set(switches, changes);
        return switches;
    }

    FailRequest Fail(HttpRequest request, FailRequest fail)
    {
        SwitchesOf(request).FailNext(fail.Action, fail.Count, fail.Code, fail.Status, fail.Message);
        return fail;
    }

    object Change(KeyRequest change)
    {
        var key = endpoint.Cloud.FindKey(change.AccessKeyId) ?? throw new ArgumentException($"There is no key {change.AccessKeyId}.");
        if (change.Revoked is { } isRevoked) key.IsRevoked = isRevoked;
        if (change.Expired) key.Expire();
        if (change.Allowed is { } allowed) key.Allowed = allowed;
        return Show(key);
    }

    AccountRequest Change(AccountRequest change)
    {
        var account = endpoint.Cloud.Account(change.Account);
        if (change.Regions is { } regions) account.EnabledRegions = regions;
        if (change.HidesManagedVolumes is { } hides) account.HidesManagedVolumes = hides;
        return new AccountRequest(account.Id, [.. account.EnabledRegions], account.HidesManagedVolumes);
    }

    IReadOnlyList<Ec2RetentionRule> Set(RulesRequest set) =>
        endpoint.Cloud.Account(set.Account).Region(set.Region).RetentionRules =
        [
            .. set.Rules.Select(r => new Ec2RetentionRule(r.Id, r.Days)
            {
                Tags = [.. (r.Tags ?? []).Select(t => new Ec2Tag(t.Key, t.Value))],
                ExcludedTags = [.. (r.ExcludedTags ?? []).Select(t => new Ec2Tag(t.Key, t.Value))],
            }),
        ];

    Ec2Volume Put(VolumeRequest put)
    {
        var region = endpoint.Cloud.Account(put.Account).Region(put.Region);
        var fields = put.Volume;
        var isAttached = fields.InstanceId is not null;
        var volume = new Ec2Volume
        {
            Id = fields.Id ?? endpoint.Cloud.NewId("vol"),
            Zone = fields.Zone ?? region.Zones[0],
            SizeGib = fields.SizeGib,
            Type = fields.Type,
            Status = fields.Status ?? (isAttached ? "in-use" : "available"),
            CreatedAt = endpoint.Time.GetUtcNow(),
            Encrypted = fields.Encrypted,
            ManagedBy = fields.ManagedBy,
            Attachments = isAttached
                ? [new Ec2Attachment { InstanceId = fields.InstanceId, Device = fields.Device ?? "/dev/sdf", AttachedAt = endpoint.Time.GetUtcNow() }]
                : [],
            Tags = [.. (fields.Tags ?? []).Select(t => new Ec2Tag(t.Key, t.Value))],
        };
        region.Put(volume);
        return volume;
    }

    object Remove(RemoveRequest remove) =>
        new { removed = endpoint.Cloud.Account(remove.Account).Region(remove.Region).Remove(remove.Id) };

    object Clear()
    {
        endpoint.Journal.Clear();
        return new { cleared = true };
    }
}
