using System.Globalization;
using System.Text.Json.Nodes;
using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>The retention rules of the Recycle Bin, as its own service tells them in JSON.</summary>
static class RetentionRuleActions
{
    const int LargestPage = 1000;

    /// <summary>Without their tags, which only a single rule tells.</summary>
    public static void List(Call call, XmlBuffer json)
    {
        var type = call.Form["ResourceType"];
        if (type is not ("EBS_VOLUME" or "EBS_SNAPSHOT" or "EC2_IMAGE"))
            throw Invalid("ResourceType is EBS_VOLUME, EBS_SNAPSHOT or EC2_IMAGE.");
        if (!int.TryParse(call.Form["NextToken"] ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var first))
            throw Invalid("NextToken is not one of this list.");
        var limit = Math.Min(call.Form.Number("MaxResults") ?? LargestPage, call.Switches.PageSizeCap ?? LargestPage);
        var rules = call.Region.RetentionRules.Where(r => r.ResourceType == type).ToList();
        var page = rules.Skip(first).Take(limit).Select(JsonNode (r) => new JsonObject
        {
            ["Identifier"] = r.Id,
            ["RetentionPeriod"] = Period(r),
            ["RuleArn"] = Arn(call, r),
        });
        json.Json(new JsonObject
        {
            ["Rules"] = new JsonArray([.. page]),
            ["NextToken"] = first + limit < rules.Count ? (first + limit).ToString(CultureInfo.InvariantCulture) : null,
        });
    }

    public static void Get(Call call, XmlBuffer json)
    {
        var id = call.Form.Required("Identifier");
        var rule = call.Region.RetentionRules.FirstOrDefault(r => r.Id == id)
            ?? throw new Ec2Failure("ResourceNotFoundException", StatusCodes.Status404NotFound, $"There is no rule {id}.");
        json.Json(new JsonObject
        {
            ["Identifier"] = rule.Id,
            ["ResourceType"] = rule.ResourceType,
            ["RetentionPeriod"] = Period(rule),
            ["ResourceTags"] = Tags(rule.Tags),
            ["ExcludeResourceTags"] = Tags(rule.ExcludedTags),
            ["Status"] = rule.Status,
            ["RuleArn"] = Arn(call, rule),
        });
    }

    static JsonObject Period(Ec2RetentionRule rule) => new() { ["RetentionPeriodValue"] = rule.Days, ["RetentionPeriodUnit"] = "DAYS" };

    static JsonArray Tags(IReadOnlyList<Ec2Tag> tags) =>
        new([.. tags.Select(JsonNode (t) => new JsonObject { ["ResourceTagKey"] = t.Key, ["ResourceTagValue"] = t.Value })]);

    static string Arn(Call call, Ec2RetentionRule rule) => $"arn:aws:rbin:{call.Region.Name}:{call.Account.Id}:rule/{rule.Id}";

    static Ec2Failure Invalid(string message) => Ec2Failure.Bad("ValidationException", message);
}
