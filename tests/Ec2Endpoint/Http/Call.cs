using Octavo.Ec2.Faults;

namespace Octavo.Ec2.Http;

/// <summary>One call that has been let in: who calls what, where, and under which switches.</summary>
sealed record Call(string Action, Form Form, Ec2Cloud Cloud, Ec2Account Account, Ec2Region Region, Ec2Key Key, Switches Switches,
    Journal Journal, DateTimeOffset Now)
{
    public long NowTicks => Now.UtcTicks;

    /// <summary>Writes a change into the journal.</summary>
    public void Record(string id, string? source = null, IReadOnlyList<Ec2Tag>? tags = null) =>
        Journal.Record(new Mutation(Now, Account.Id, Region.Name, Action, id, source, tags ?? []));
}
