using System.Buffers;
using System.Security.Cryptography;

namespace Octavo.Core;

/// <summary>An account: the owner of credentials, volumes and snapshots. 32 lower-case hexadecimal digits.</summary>
public readonly record struct AccountId(string Value)
{
    /// <summary>A new random id.</summary>
    public static AccountId New() => new(InternalId.New());

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A user of one account. 32 lower-case hexadecimal digits.</summary>
public readonly record struct UserId(string Value)
{
    /// <summary>A new random id.</summary>
    public static UserId New() => new(InternalId.New());

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A credential: what opens one provider to one account. 32 lower-case hexadecimal digits.</summary>
public readonly record struct CredentialId(string Value)
{
    /// <summary>A new random id.</summary>
    public static CredentialId New() => new(InternalId.New());

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A volume as the account knows it (never the provider's <c>vol-…</c>). 32 lower-case hexadecimal digits.</summary>
public readonly record struct VolumeId(string Value)
{
    /// <summary>A new random id.</summary>
    public static VolumeId New() => new(InternalId.New());

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>One durable operation. 32 lower-case hexadecimal digits; providers tag what they make with it.</summary>
public readonly record struct OperationId(string Value)
{
    /// <summary>A new random id.</summary>
    public static OperationId New() => new(InternalId.New());

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A volume as its provider knows it: <c>vol-</c> and 8 or 17 hexadecimal digits.</summary>
public readonly record struct ProviderVolumeId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A snapshot as its provider knows it: <c>snap-</c> and 8 or 17 hexadecimal digits.</summary>
public readonly record struct ProviderSnapshotId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>The form of Octavo's own ids: CouchDB's default of 2011, which the v1 clients know.</summary>
public static class InternalId
{
    /// <summary>Digits in an internal id.</summary>
    public const int Length = 32;

    /// <summary>128 random bits as 32 lower-case hexadecimal digits.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(Length, lowercase: true);

    /// <summary>Whether a text has the form of an internal id. Costs no look-up; malformed and unknown ids answer alike.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) => text.Length == Length && !text.ContainsAnyExcept(Digits);

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");
}
