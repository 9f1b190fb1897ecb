using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Octavo.Server.Http;

namespace Octavo.Server.Inventory;

/// <summary>An answer that is made from an account's inventory in memory.</summary>
static class InventoryAnswer
{
    /// <summary>
    /// Asks and answers. The tag is weak and is the number of the last change: the same number, the same content; only how fresh it is may have moved.
    /// </summary>
    public static async Task<IResult> OfAsync<T>(
        HttpContext context, AccountInventory inventory, Func<AccountInventory, Task<T>> ask, JsonTypeInfo<T> shape, CancellationToken cancellation)
    {
        // Before it is asked: what changes meanwhile has another number.
        var seq = await inventory.AskAsync(now => now.Seq, cancellation);
        return await Etag.AnswerAsync(context, string.Create(CultureInfo.InvariantCulture, $"W/\"{seq}\""), () => ask(inventory), shape);
    }
}
