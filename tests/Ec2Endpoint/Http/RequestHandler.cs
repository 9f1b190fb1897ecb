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
        var text = Encoding.UTF8.GetString(body);
        var form = Form.Parse(HttpMethods.IsGet(context.Request.Method) ? context.Request.QueryString.Value!.TrimStart('?') : text);
        var action = form["Action"] ?? "";
        var request = string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"00000000-0000-4000-8000-{Interlocked.Increment(ref lastRequest):x12}");
        journal.Begin(action);
        var (ending, code) = (Ending.Failed, (string?)null);
        try
        {
            (ending, code) = await AnswerAsync(context, body, form, action, request);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
        finally
        {
            journal.End(action, ending, code);
        }
    }

    async Task<(Ending Ending, string? Code)> AnswerAsync(HttpContext context, byte[] body, Form form, string action, string request)
    {
        using var xml = new XmlBuffer();
        var entry = ActionTable.Find(action, form["Version"]);
        var isSts = entry?.Service == "sts" || form["Version"] == ActionTable.StsVersion;
        var mine = switches;
        var status = StatusCodes.Status200OK;
        string? code = null;
        try
        {
            var signer = signatures.Check(context.Request, body, isSts ? "sts" : "ec2", switches.ChecksSignatures);
            var account = cloud.Account(signer.Key.Account);
            mine = account.Switches ?? switches;
            if (mine.Hits(mine.LostRequestChance, action)) return Lose(context, Ending.LostRequest);
            if (mine.Hits(mine.HtmlErrorChance, action)) return await FailInHtmlAsync(context);
            if (!account.EnabledRegions.Contains(signer.Region))
                throw isSts
                    ? new Ec2Failure("RegionDisabledException", StatusCodes.Status403Forbidden, $"STS is not activated in {signer.Region} for account {account.Id}.")
                    : new Ec2Failure("AuthFailure", StatusCodes.Status401Unauthorized, "AWS was not able to validate the provided access credentials");
            var region = account.Region(signer.Region);
            var isThrottled = !isSts && mine.Throttling && entry is not null && !entry.TryTakeToken(region, form, mine);
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
            (status, code) = (e.Status, e.Code);
            xml.Clear();
            ErrorBody.Write(xml, e, isSts, request);
        }
        if (code is null && mine.Hits(mine.LostReplyChance, action)) return Lose(context, Ending.LostReply);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/xml;charset=UTF-8";
        context.Response.ContentLength = xml.Written.Length;
        await context.Response.Body.WriteAsync(xml.Written, context.RequestAborted);
        return (code is null ? Ending.Done : Ending.Failed, code);
    }

    static (Ending, string?) Lose(HttpContext context, Ending ending)
    {
        context.Abort();
        return (ending, null);
    }

    static async Task<(Ending, string?)> FailInHtmlAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        context.Response.ContentType = "text/html";
        await context.Response.WriteAsync(Html, context.RequestAborted);
        return (Ending.Failed, "HTML");
    }

    static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        if (request.ContentLength is 0 or null && request.Headers.TransferEncoding.Count == 0) return [];
        using var body = new MemoryStream((int)(request.ContentLength ?? 1024));
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }
}
