using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// The retention rules of cells, which change once in months: asked for once an hour. They are good to know and nothing needs them, so whatever
/// goes wrong means that none is known, for as long.
/// </summary>
sealed class EbsRetentionRules(RecycleBinApi api, TimeProvider time, ILogger<EbsRetentionRules> log)
{
    static readonly TimeSpan GoodFor = TimeSpan.FromHours(1);

    /// <summary>A pass over a cell waits for the answer.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Requests for single rules at the same time.</summary>
    const int MostAtOnce = 4;

    readonly ConcurrentDictionary<(CredentialId, string Region), (ValueList<RetentionRule> Rules, DateTimeOffset At)> known = new();

    /// <summary>The rules for volumes, by id.</summary>
    public async Task<ValueList<RetentionRule>> OfAsync(Cell cell, CancellationToken cancellation)
    {
        var key = (cell.Credential, cell.Region);
        if (known.TryGetValue(key, out var held) && time.GetUtcNow() - held.At < GoodFor) return held.Rules;
        ValueList<RetentionRule> rules = [];
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            rules = await AskAsync(cell, either.Token);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested
            && e is HttpRequestException or OperationCanceledException or JsonException or VolumeException)
        {
            log.LogDebug("The retention rules of {Region} are not known: {Reason}", cell.Region, e.Message);
        }
        known[key] = (rules, time.GetUtcNow());
        return rules;
    }

    async Task<ValueList<RetentionRule>> AskAsync(Cell cell, CancellationToken cancellation)
    {
        var ids = new List<string>();
        string? token = null;
        do
        {
            (var page, token) = await api.ListRulesAsync(cell, token, cancellation);
            ids.AddRange(page);
        }
        while (!string.IsNullOrEmpty(token));
        var rules = new ConcurrentBag<RetentionRule>();
        await Parallel.ForEachAsync(
            ids, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellation }, async (id, cancel) =>
            {
                if (await api.GetRuleAsync(cell, id, cancel) is { } rule) rules.Add(rule);
            });
        return [.. rules.OrderBy(r => r.Id, StringComparer.Ordinal)];
    }
}
