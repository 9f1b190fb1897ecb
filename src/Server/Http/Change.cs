using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Database;
using Octavo.Server.Operations;

namespace Octavo.Server.Http;

/// <summary>What a change came to.</summary>
/// <param name="Answer">What the client is told.</param>
/// <param name="Subject">What the audit log says that it was on.</param>
/// <param name="Operation">The operation that does it; null where it is done.</param>
/// <param name="Later">With an operation: the answer as it is later.</param>
sealed record Outcome(Answer Answer, Subject Subject, OperationId? Operation = null, Func<CancellationToken, Task<Answer>>? Later = null)
{
    /// <summary>It is done: 200, or another status.</summary>
    /// <param name="tag">The tag of what was changed, as looking at it would give; null where it has none.</param>
    public static Outcome Done<T>(
        T value, JsonTypeInfo<T> shape, Subject subject, int status = StatusCodes.Status200OK, string? location = null, string? tag = null) =>
        new(new Answer(status, JsonSerializer.SerializeToUtf8Bytes(value, shape), location, tag), subject);

    /// <summary>It is done, and there is nothing to show: 204.</summary>
    public static Outcome Done(Subject subject) => new(new Answer(StatusCodes.Status204NoContent, []), subject);

    /// <summary>It was written down and will be done: 202 with the operation's address; 200 where it has ended when that is looked at later.</summary>
    /// <param name="show">What is shown beside the operation; asked again for a later answer.</param>
    public static Outcome Accepted<T>(
        Operation operation, Subject subject, T first, Func<Api.Operation, CancellationToken, Task<T>> show, JsonTypeInfo<T> shape,
        OperationStore operations)
    {
        return new Outcome(Of(first, isFinished: false), subject, operation.Id, async cancellation =>
        {
            var now = OperationStore.Wire((await operations.FindAsync(operation.Id, cancellation))!);
            return Of(await show(now, cancellation), now.IsFinished);
        });

        Answer Of(T value, bool isFinished) => new(
            isFinished ? StatusCodes.Status200OK : StatusCodes.Status202Accepted, JsonSerializer.SerializeToUtf8Bytes(value, shape),
            $"/v2/operations/{operation.Id}");
    }
}

/// <summary>
/// A change that a request of <c>/v2</c> asks for. It is one transaction: what it does, its entry in the audit log, and the answer that is kept where the
/// request names an <c>Idempotency-Key</c>. No provider is waited for inside.
/// </summary>
sealed class Change
{
    /// <summary>How long a request may wait for its operation.</summary>
    const int MaxWaitSeconds = 60;

    static readonly QueryParameter Wait = new(
        "wait", $"Wait up to so many seconds, 0 to {MaxWaitSeconds}, for the end of the operation; the answer is 200 where it has ended.", QueryForm.Number);

    readonly HttpContext context;
    readonly string? key;
    readonly TimeSpan wait;

    Change(HttpContext context)
    {
        this.context = context;
        key = KeptAnswers.KeyOf(context.Request);
        wait = WaitOf(context);
    }

    /// <summary>Behind the question mark, for changes that an operation does.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } = [Wait];

    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    /// <exception cref="VolumeException">Invalid: a header or parameter that makes no sense.</exception>
    public static ValueTask<Change> BindAsync(HttpContext context) => ValueTask.FromResult(new Change(context));

    /// <summary>How long a request wants to wait for its operation; zero where it does not say.</summary>
    /// <exception cref="VolumeException">Invalid: longer than is served.</exception>
    public static TimeSpan WaitOf(HttpContext context) => Query.Number(context, Wait.Name) switch
    {
        null => TimeSpan.Zero,
        <= MaxWaitSeconds and var seconds => TimeSpan.FromSeconds(seconds),
        var seconds => throw new VolumeException(ErrorCode.Invalid, string.Create(
            CultureInfo.InvariantCulture, $"wait is {seconds}; it is a number of seconds from 0 to {MaxWaitSeconds}.")),
    };

    CancellationToken Cancellation => context.RequestAborted;

    /// <summary>What was answered to the same request before; for changes that do something before they come to their transaction.</summary>
    /// <exception cref="VolumeException">Conflict: the key was used for another request.</exception>
    public async Task<Answer?> BeforeAsync() => key is null ? null : await Kept.FindAsync(Caller.Of(context).User, key, Fingerprint(), Cancellation);

    /// <summary>Refuses where the client has seen another state than the present one.</summary>
    /// <exception cref="PreconditionException">It has.</exception>
    public void Require<T>(T current, JsonTypeInfo<T> shape) => Etag.Require(context.Request, current, shape);

    /// <summary>Makes the change, or tells what it answered the first time.</summary>
    /// <param name="work">Does it, all in that transaction.</param>
    /// <param name="receive">
    /// Takes what comes with the request, once it is announced. Only then is the answer kept: who did not get to its end may ask again.
    /// </param>
    public async Task<IResult> RunAsync(Func<Transaction, Task<Outcome>> work, Func<OperationId, Task>? receive = null)
    {
        if (await BeforeAsync() is { } before) return before;
        Outcome outcome;
        await using (var transaction = await Service<Database.Database>().BeginAsync(Cancellation))
        {
            // Once more: the same request may have been at it until now.
            if (await BeforeAsync() is { } meanwhile) return meanwhile;
            outcome = await work(transaction);
            await Service<AuditLog>().WriteAsync(
                transaction, Asked.Of(context)!, outcome.Subject, outcome.Operation, outcome.Answer.Status, Cancellation);
            if (outcome.Operation is { } many)
                await Service<AuditLog>().WritePartsAsync(transaction, Asked.Of(context)!, many, outcome.Answer.Status, Cancellation);
            if (receive is null) await KeepAsync(transaction, outcome.Answer);
            await transaction.CommitAsync();
        }
        if (receive is not null)
        {
            await receive(outcome.Operation!.Value);
            await KeepAsync(outcome.Answer);
        }
        return outcome is { Operation: { } operation, Later: { } later } && wait > TimeSpan.Zero
            ? await WaitAsync(operation, later)
            : outcome.Answer;
    }

    /// <summary>What is answered in the end is what is kept.</summary>
    async Task<Answer> WaitAsync(OperationId operation, Func<CancellationToken, Task<Answer>> later)
    {
        await Service<OperationStore>().WaitAsync(operation, _ => false, wait, Cancellation);
        var answer = await later(Cancellation);
        await KeepAsync(answer);
        return answer;
    }

    async Task KeepAsync(Answer answer)
    {
        if (key is null) return;
        await using var transaction = await Service<Database.Database>().BeginAsync(Cancellation);
        await KeepAsync(transaction, answer);
        await transaction.CommitAsync();
    }

    Task KeepAsync(Transaction transaction, Answer answer) =>
        key is null ? Task.CompletedTask : Kept.KeepAsync(transaction, Caller.Of(context).User, key, Fingerprint(), answer, Cancellation);

    byte[] Fingerprint() => KeptAnswers.Fingerprint(context.Request, (context.Features.Get<RawBody>()?.Bytes ?? default).Span);

    KeptAnswers Kept => Service<KeptAnswers>();

    T Service<T>() where T : notnull => context.RequestServices.GetRequiredService<T>();
}
