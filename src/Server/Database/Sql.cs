using System.Runtime.CompilerServices;
using System.Text;
using Octavo.Core;

namespace Octavo.Server.Database;

/// <summary>
/// A statement with its parameters, written as an interpolated string: every hole becomes a parameter and cannot become
/// text, and a hole that holds another <see cref="Sql"/> is spliced in with its own parameters.
/// </summary>
[InterpolatedStringHandler]
sealed class Sql(int literalLength, int formattedCount)
{
    readonly StringBuilder text = new(literalLength + formattedCount * 4);
    readonly List<object> values = new(formattedCount);

    /// <summary>The statement, parameters named <c>$0</c>, <c>$1</c>, …</summary>
    public string Text => text.ToString();

    /// <summary>The parameters, in order.</summary>
    public IReadOnlyList<object> Values => values;

    /// <summary>A test where a value is given; true where it is not. Left out, not passed as null, so that an index can be chosen for what is asked.</summary>
    public static Sql If(object? value, Sql test) => value is null ? $"true" : test;

    public void AppendLiteral(string literal) => text.Append(literal);

    public void AppendFormatted(Sql fragment)
    {
        // Highest first, so that $1 is not found in $10.
        var spliced = fragment.Text;
        for (var i = fragment.values.Count - 1; i >= 0; i--)
            spliced = spliced.Replace($"${i}", $"$#{i + values.Count}", StringComparison.Ordinal);
        text.Append(spliced.Replace("$#", "$", StringComparison.Ordinal));
        values.AddRange(fragment.values);
    }

    public void AppendFormatted<T>(T value)
    {
        text.Append('$').Append(values.Count);
        values.Add(Parameter(value));
    }

    static object Parameter(object? value) => value switch
    {
        null => DBNull.Value,
        AccountId id => id.Value,
        UserId id => id.Value,
        CredentialId id => id.Value,
        VolumeId id => id.Value,
        OperationId id => id.Value,
        ProviderVolumeId id => id.Value,
        ProviderSnapshotId id => id.Value,
        VolumeState state => States.Text(state),
        SnapshotState state => States.Text(state),
        DateTimeOffset time => time.ToUnixTimeMilliseconds(),
        bool flag => flag ? 1L : 0L,
        ByteSize size => size.Bytes,
        int number => (long)number,
        string or long or double or byte[] => value,
        _ => throw new ArgumentException($"A {value.GetType()} is no SQL parameter.", nameof(value)),
    };
}
