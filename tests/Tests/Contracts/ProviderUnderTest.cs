using Octavo.Core;

namespace Octavo.Tests.Contracts;

/// <summary>A provider with an empty cell, and what an instance does to a volume and the port does not know.</summary>
public abstract class ProviderUnderTest : IAsyncDisposable
{
    /// <summary>The provider.</summary>
    public abstract IVolumeProvider Provider { get; }

    /// <summary>An empty cell of it.</summary>
    public abstract Cell Cell { get; }

    /// <summary>What opens it.</summary>
    public virtual ProviderAccess Access => new(Cell.Credential, null, AccessSource.None);

    /// <summary>The clock that it lives by.</summary>
    public virtual TimeProvider Time => TimeProvider.System;

    /// <summary>A size of volume that it makes.</summary>
    public virtual ByteSize Size => new(4 << 20);

    /// <summary>Has deleted volumes kept for so many days, where it can.</summary>
    public virtual void KeepDeleted(int days) { }

    /// <summary>Takes a volume into use, as an instance would, until the result is disposed.</summary>
    public abstract Task<IAsyncDisposable> UseAsync(ProviderVolumeId volume);

    /// <summary>The instance that uses volumes, where snapshots of one instant need one.</summary>
    public virtual string? Instance => null;

    /// <summary>Whether a token opens anything, where it attaches clients.</summary>
    public virtual Task<bool> OpensAsync(string token) => Task.FromResult(false);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>One whose bytes can be reached.</summary>
public abstract class ImageProviderUnderTest : ProviderUnderTest
{
    /// <summary>Writes into a volume as an instance would, durably.</summary>
    public abstract Task WriteAsync(ProviderVolumeId volume, long offset, ReadOnlyMemory<byte> bytes);
}
