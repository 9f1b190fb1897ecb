using System.Text.Json;
using Octavo.Core;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary>
/// The word that carries out the plan of a deletion. It stands for what would be deleted and how: who looked at one plan cannot carry out another by it.
/// </summary>
static class Confirmation
{
    /// <summary>The word of a plan; null where nothing would be deleted.</summary>
    /// <param name="ids">What would be deleted, in its order.</param>
    /// <param name="how">In which way.</param>
    public static string? Of(IEnumerable<string> ids, string how)
    {
        string[] all = [.. ids];
        return all.Length == 0 ? null : Etag.Of(JsonSerializer.SerializeToUtf8Bytes(all.Append(how))).Trim('"');
    }

    /// <summary>Refuses where a plan is not the one that was looked at.</summary>
    /// <exception cref="VolumeException">Conflict: it is another one, or there is nothing to do.</exception>
    public static void Require(string? plan, string given)
    {
        if (plan is null) throw NothingToDo();
        if (plan != given)
            throw new VolumeException(ErrorCode.Conflict,
                "What would be deleted is not what the plan showed any more; nothing was deleted. Ask for the plan again, without confirm, and look at it.");
    }

    /// <summary>Something is in the way of each.</summary>
    public static VolumeException NothingToDo() =>
        new(ErrorCode.Conflict, "Something is in the way of each of them; nothing was deleted. The plan tells what.");
}
