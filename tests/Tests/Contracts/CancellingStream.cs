namespace Octavo.Tests.Contracts;

/// <summary>Gives bytes up to a point, and there cancels whoever reads it.</summary>
sealed class CancellingStream(byte[] bytes, int cancelAt, CancellationTokenSource cancel) : MemoryStream(bytes)
{
    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        var left = cancelAt - (int)Position;
        if (left <= 0)
        {
            cancel.Cancel();
            cancel.Token.ThrowIfCancellationRequested();
        }
        return base.Read(buffer, offset, Math.Min(left, count));
    }
}
