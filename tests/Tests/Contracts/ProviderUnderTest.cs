using Octavo.Core;

namespace Octavo.Tests.Contracts;

/// <summary>A provider with an empty cell, and the two things that an instance does to a volume and the port does not know.</summary>
public abstract class ProviderUnderTest : IAsyncDisposable
{
    /// <summary>The provider.</summary>
    public abstract IVolumeProvider Provider { get; }

    /// <summary>An empty cell of it.</summary>
    public abstract Cell Cell { get; }

    /// <summary>What opens it.</summary>
    public virtual ProviderAccess Access => new(Cell.Credential, null, AccessSource.None);

    /// <summary>Writes into a volume as an instance would, durably.</summary>
    public abstract Task WriteAsync(ProviderVolumeId volume, long offset, ReadOnlyMemory<byte> bytes);

    /// <summary>Takes a volume into use, as an instance would, until the result is disposed.</summary>
    public abstract Task<IAsyncDisposable> UseAsync(ProviderVolumeId volume);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
