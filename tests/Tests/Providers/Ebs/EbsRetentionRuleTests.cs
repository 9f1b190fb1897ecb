using Microsoft.Extensions.Time.Testing;
using Octavo.Core;
using Octavo.Ec2;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>The Recycle Bin's rules: known where they can be, asked for once an hour, and never in the way of anything.</summary>
public class EbsRetentionRuleTests : EbsFaults
{
    /// <summary>It stands but where a test moves it: who waits for an answer has all the time that a cold start takes.</summary>
    readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());

    protected override TimeProvider Clock() => clock;

    [Fact]
    public async Task The_rules_for_volumes_are_told_with_their_tags()
    {
        Ebs.Region.RetentionRules =
        [
            new Ec2RetentionRule("zone2rule00", 7) { Tags = [new Ec2Tag("env", "live"), new Ec2Tag("env", "")] },
            new Ec2RetentionRule("all1rule000", 2) { ExcludedTags = [new Ec2Tag("Größe", "a&b")] },
            new Ec2RetentionRule("notyet00000", 3) { Status = "pending" },
            new Ec2RetentionRule("snaps000000", 30) { ResourceType = "EBS_SNAPSHOT" },
        ];

        var facts = await Provider.GetCellAsync(Ebs.Cell, Cancellation);

        facts.RetentionRules.ShouldBe(
        [
            new RetentionRule("all1rule000", 2, [], [new("Größe", "a&b")]),
            new RetentionRule("zone2rule00", 7, [new("env", "live"), new("env", "")], []),
        ]);
        facts.Zones.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Rules_on_many_pages_are_all_told()
    {
        Ebs.Endpoint.Switches.PageSizeCap = 7;
        Ebs.Region.RetentionRules = [.. Enumerable.Range(0, 30).Select(i => new Ec2RetentionRule($"rule{i:D7}", 1 + (i % 7)))];

        (await RulesAsync()).Select(r => (r.Id, r.Days)).ShouldBe(Ebs.Region.RetentionRules.Select(r => (r.Id, r.Days)));

        Ebs.Endpoint.Journal["ListRules"].Calls.ShouldBe(5);
        Ebs.Endpoint.Journal["GetRule"].MostAtOnce.ShouldBeLessThanOrEqualTo(4);
    }

    [Fact]
    public async Task They_are_asked_for_once_an_hour()
    {
        Ebs.KeepDeleted(1);
        (await RulesAsync()).ShouldHaveSingleItem().Days.ShouldBe(1);
        Ebs.KeepDeleted(2);

        (await RulesAsync()).ShouldHaveSingleItem().Days.ShouldBe(1);
        Ebs.Endpoint.Journal["ListRules"].Calls.ShouldBe(1);
        clock.Advance(TimeSpan.FromHours(1));

        (await RulesAsync()).ShouldHaveSingleItem().Days.ShouldBe(2);
    }

    [Theory]
    [InlineData("ec2:*")]
    [InlineData("ec2:*", "rbin:ListRules")]
    public async Task A_key_that_may_not_ask_knows_of_none_and_does_not_ask_again_at_once(params string[] allowed)
    {
        Ebs.KeepDeleted(7);
        Ebs.Key.Allowed = allowed;

        (await RulesAsync()).ShouldBeEmpty();
        (await RulesAsync()).ShouldBeEmpty();

        Ebs.Endpoint.Journal["ListRules"].Calls.ShouldBe(1);
        Ebs.Log.Text.ShouldContain("403");
        (await Provider.ProbeAsync(Ebs.Access, Cancellation)).MissingPermissions.ShouldBeEmpty();
        Ebs.Key.Allowed = null;
        clock.Advance(TimeSpan.FromHours(1));
        (await RulesAsync()).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("ListRules", 1, 0)]
    [InlineData("GetRule", 1, 0)]
    [InlineData("ListRules", 0, 1)]
    [InlineData("GetRule", 0, 1)]
    public async Task Whatever_the_service_answers_the_cell_is_there_and_no_rule_is_known(string action, double lost, double html)
    {
        Ebs.KeepDeleted(7);
        var switches = Ebs.Endpoint.Switches;
        (switches.FaultyActions, switches.LostReplyChance, switches.HtmlErrorChance) = ([action], lost, html);

        (await RulesAsync()).ShouldBeEmpty();

        Ebs.Endpoint.Journal[action].Calls.ShouldBe(1);
    }

    [Theory]
    [InlineData("ListRules")]
    [InlineData("GetRule")]
    public async Task A_service_that_does_not_answer_is_waited_for_five_seconds(string action)
    {
        Ebs.KeepDeleted(7);
        Ebs.Endpoint.Switches.ActionDelays = new Dictionary<string, TimeSpan> { [action] = TimeSpan.FromMinutes(5) };

        var asking = RulesAsync();
        await CalledAsync(action);
        clock.Advance(TimeSpan.FromSeconds(4.9));
        asking.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(0.1));

        (await asking).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_rule_that_goes_while_it_is_asked_for_hides_no_other()
    {
        Ebs.Region.RetentionRules = [new Ec2RetentionRule("rule1000000", 1), new Ec2RetentionRule("rule2000000", 2)];
        Ebs.Endpoint.Switches.FailNext("GetRule", 1, "ResourceNotFoundException", 404);

        (await RulesAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_role_asks_with_the_token_of_its_session()
    {
        Ebs.KeepDeleted(4);
        var role = Ebs.Endpoint.Cloud.AddRole(new Ec2Role(EbsUnderTest.AccountId, "inventory", "external"));
        var access = Ebs.Keep(Ebs.AccessOf(Ebs.Key) with { RoleArn = role.Arn, ExternalId = "external" });

        (await Provider.GetCellAsync(EbsUnderTest.CellOf(access.Credential), Cancellation)).RetentionRules.ShouldHaveSingleItem().Days.ShouldBe(4);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_told_that_there_are_none()
    {
        Ebs.KeepDeleted(7);
        Ebs.Endpoint.Switches.ActionDelays = new Dictionary<string, TimeSpan> { ["ListRules"] = TimeSpan.FromSeconds(1) };
        using var gone = new CancellationTokenSource();

        var asking = Provider.GetCellAsync(Ebs.Cell, gone.Token);
        await CalledAsync("ListRules");
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asking);
        Ebs.Endpoint.Switches.ActionDelays = new Dictionary<string, TimeSpan>();

        (await RulesAsync()).ShouldHaveSingleItem();
    }

    async Task CalledAsync(string action)
    {
        while (Ebs.Endpoint.Journal[action].Calls == 0) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation);
    }

    async Task<ValueList<RetentionRule>> RulesAsync() => (await Provider.GetCellAsync(Ebs.Cell, Cancellation)).RetentionRules;
}
