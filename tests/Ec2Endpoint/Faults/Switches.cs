namespace Octavo.Ec2.Faults;

/// <summary>
/// How the endpoint misbehaves. Everything may be set while calls are under way; what has begun keeps the figures it began with.
/// Over HTTP the names are these in camelCase, and times are seconds.
/// </summary>
public sealed class Switches
{
    readonly Lock gate = new();
    readonly List<PlannedFailure> planned = [];
    int seed = 1;

    /// <summary>Pages have at most so many items, whatever is asked for; null for EC2's own 500 and 1,000.</summary>
    public int? PageSizeCap { get; set; }

    /// <summary>The smallest MaxResults that is taken, EC2's 5.</summary>
    public int SmallestPage { get; set; } = 5;

    /// <summary>How long every answer takes.</summary>
    public TimeSpan AnswerDelay { get; set; }

    /// <summary>How long answers of one action take, in the place of <see cref="AnswerDelay"/>.</summary>
    public IReadOnlyDictionary<string, TimeSpan> ActionDelays { get; set; } = new Dictionary<string, TimeSpan>();

    /// <summary>Token buckets with AWS's figures for every account, region and action.</summary>
    public bool Throttling { get; set; }

    /// <summary>The buckets' size and refill in parts of AWS's, so that a test meets the limit sooner or later.</summary>
    public double ThrottleScale { get; set; } = 1;

    /// <summary>How long a volume is creating.</summary>
    public TimeSpan CreateLag { get; set; }

    /// <summary>How long a volume is deleting before it is gone.</summary>
    public TimeSpan DeleteLag { get; set; }

    /// <summary>For so long what was made is not found, and what was deleted or tagged is still listed as before.</summary>
    public TimeSpan VisibilityLag { get; set; }

    /// <summary>How long a snapshot is pending; its progress rises evenly.</summary>
    public TimeSpan SnapshotPending { get; set; }

    /// <summary>The part of the snapshots that end in error.</summary>
    public double SnapshotErrorChance { get; set; }

    /// <summary>The least time between two snapshots of one volume; zero for no rule.</summary>
    public TimeSpan SnapshotSpacing { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Pending snapshots of one account in one region.</summary>
    public int PendingSnapshotLimit { get; set; } = 100;

    /// <summary>The part of the calls that are done, and then the connection breaks in the place of the reply.</summary>
    public double LostReplyChance { get; set; }

    /// <summary>The part of the calls whose connection breaks before anything is done.</summary>
    public double LostRequestChance { get; set; }

    /// <summary>The part of the calls that get a 500 with a page of HTML; nothing is done.</summary>
    public double HtmlErrorChance { get; set; }

    /// <summary>The actions that the three chances above are for; null for all.</summary>
    public IReadOnlyList<string>? FaultyActions { get; set; }

    /// <summary>The part of the pages that are empty and yet have a token.</summary>
    public double EmptyPageChance { get; set; }

    /// <summary>The part of the pages that are cut short and have a token.</summary>
    public double ShortPageChance { get; set; }

    /// <summary>So many items at a page's end come again on the next page.</summary>
    public int RepeatedItems { get; set; }

    /// <summary>Each listing goes its own way through the items, and no page is sorted.</summary>
    public bool UnstableOrder { get; set; }

    /// <summary>How long a page's token is good; null for ever.</summary>
    public TimeSpan? PageTokenLifetime { get; set; }

    /// <summary>Lists leave out what an item can lack: attachments, tags, IOPS, times, progress.</summary>
    public bool OmitsOptionalFields { get; set; }

    /// <summary>Off, for measuring without the price of signatures: then the key's id alone says who calls.</summary>
    public bool ChecksSignatures { get; set; } = true;

    /// <summary>The seed of all chances; setting it begins anew.</summary>
    public int Seed
    {
        get => seed;
        set
        {
            seed = value;
            Chance = new Chance(value);
        }
    }

    internal Chance Chance { get; private set; } = new(1);

    /// <summary>The next calls of an action are answered with an error and do nothing.</summary>
    public void FailNext(string action, int count, string code, int status, string? message = null)
    {
        lock (gate) planned.Add(new PlannedFailure(action, count, code, status, message ?? "This answer was planned."));
    }

    /// <summary>The same switches again, to be an account's own; what is planned is not taken along.</summary>
    public Switches Copy()
    {
        var copy = new Switches();
        foreach (var property in typeof(Switches).GetProperties())
            if (property.SetMethod is { IsPublic: true })
                property.SetValue(copy, property.GetValue(this));
        return copy;
    }

    internal PlannedFailure? TakePlanned(string action)
    {
        lock (gate)
        {
            var index = planned.FindIndex(p => p.Action == action || p.Action == "*");
            if (index < 0) return null;
            var found = planned[index];
            if (found.Count <= 1) planned.RemoveAt(index);
            else planned[index] = found with { Count = found.Count - 1 };
            return found;
        }
    }

    internal bool Hits(double probability, string action) =>
        (FaultyActions is not { } actions || actions.Contains(action)) && Chance.Hits(probability);

    internal TimeSpan DelayOf(string action) => ActionDelays.TryGetValue(action, out var delay) ? delay : AnswerDelay;
}
