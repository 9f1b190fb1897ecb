using System.Globalization;
using System.Text;
using Octavo.Ec2.Actions;
using Octavo.Ec2.Faults;

namespace Octavo.Ec2.Http;

/// <summary>
/// One request from its first byte to its last: faults of the network, then the signature, then the account's limits, then the
/// permission, then the work. In that order, because a call that is refused early costs AWS no token either.
/// </summary>
sealed class RequestHandler(Ec2Cloud cloud, Switches switches, Journal journal, TimeProvider time, CancellationToken stopping)
{
    const string Html = "<html><head><title>500 Internal Server Error</title></head><body><h1>Internal Server Error</h1></body></html>";

    readonly SignatureV4 signatures = new(cloud, time);
    long lastRequest;

    public async Task HandleAsync(HttpContext context)
    {
        var body = await BodyAsync(context.Request);
        var isGet = HttpMethods.IsGet(context.Request.Method);
        var form = RestCall.Read(context.Request, body)
            ?? Form.Parse(isGet ? context.Request.QueryString.Value!.TrimStart('?') : Encoding.UTF8.GetString(body));
        var action = form["Action"] ?? "";
        using var xml = new XmlBuffer();
        journal.Begin(action);
        var outcome = new Outcome(Ending.LostRequest);
        try
        {
            outcome = await DecideAsync(context.Request, body, form, action, xml);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        finally
        {
            // Before a byte goes out: whoever has the reply finds the call in the journal.
            journal.End(action, outcome.Ending, outcome.Code);
        }
        await SendAsync(context, outcome, xml);
    }

    /// <summary>What a call comes to; its answer is in the buffer.</summary>
    async Task<Outcome> DecideAsync(HttpRequest http, byte[] body, Form form, string action, XmlBuffer xml)
    {
        var request = string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{Interlocked.Increment(ref lastRequest):x12}");
        var entry = ActionTable.Find(action, form["Version"]);
        var service = ActionTable.ServiceOf(form["Version"]) ?? "ec2";
        var mine = switches;
        try
        {
            var signer = signatures.Check(http, body, service, switches.ChecksSignatures);
            var account = cloud.Account(signer.Key.Account);
            mine = account.Switches ?? switches;
            if (mine.Hits(mine.LostRequestChance, action)) return new Outcome(Ending.LostRequest);
            if (mine.Hits(mine.HtmlErrorChance, action)) return new Outcome(Ending.Failed, StatusCodes.Status500InternalServerError, "HTML");
            if (!account.EnabledRegions.Contains(signer.Region)) throw NotEnabled(account, signer.Region, service);
            var region = account.Region(signer.Region);
            var isThrottled = service != "sts" && mine.Throttling && entry is not null && !entry.TryTakeToken(region, form, mine);
            region.CountCall(isThrottled);
            if (isThrottled)
                throw new Ec2Failure("RequestLimitExceeded", StatusCodes.Status503ServiceUnavailable, "Request limit exceeded.");
            if (mine.DelayOf(action) is var delay && delay > TimeSpan.Zero) await Task.Delay(delay, time, stopping);
            if (mine.TakePlanned(action) is { } planned) throw new Ec2Failure(planned.Code, planned.Status, planned.Message);
            if (entry is null) throw Ec2Failure.Bad("InvalidAction", $"The action {action} is not valid for this web service.");
            entry.CheckPermission(signer.Key, form);
            entry.Begin(xml, request);
            entry.Run(new Call(action, form, cloud, account, region, signer.Key, mine, journal, time.GetUtcNow()), xml);
            entry.Finish(xml, request);
        }
        catch (Ec2Failure e)
        {
            xml.Clear();
            ErrorBody.Write(xml, e, service, request);
            return new Outcome(Ending.Failed, e.Status, e.Code) { IsJson = service == "rbin" };
        }
        return new Outcome(mine.Hits(mine.LostReplyChance, action) ? Ending.LostReply : Ending.Done) { IsJson = service == "rbin" };
    }

    static Ec2Failure NotEnabled(Ec2Account account, string region, string service) => service == "sts"
        ? new Ec2Failure("RegionDisabledException", StatusCodes.Status403Forbidden, $"STS is not activated in {region} for account {account.Id}.")
        : SignatureV4.Unknown(service);

    static async Task SendAsync(HttpContext context, Outcome outcome, XmlBuffer xml)
    {
        if (outcome.Ending is Ending.LostReply or Ending.LostRequest)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = outcome.Status;
        if (outcome.Code == "HTML")
        {
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync(Html, context.RequestAborted);
            return;
        }
        context.Response.ContentType = outcome.IsJson ? "application/json" : "text/xml;charset=UTF-8";
        if (outcome is { IsJson: true, Code: { } code }) context.Response.Headers["x-amzn-ErrorType"] = code;
        context.Response.ContentLength = xml.Written.Length;
        await context.Response.Body.WriteAsync(xml.Written, context.RequestAborted);
    }

    static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        if (request.ContentLength is 0 or null && request.Headers.TransferEncoding.Count == 0) return [];
        using var body = new MemoryStream((int)(request.ContentLength ?? 1024));
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    readonly record struct Outcome(Ending Ending, int Status = StatusCodes.Status200OK, string? Code = null)
    {
        public bool IsJson { get; init; }
    }
}
