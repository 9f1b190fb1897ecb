namespace Octavo.Cli;

/// <summary>Where a command reads and writes.</summary>
/// <param name="Output">For results, and nothing else.</param>
/// <param name="Error">For messages, questions and progress.</param>
/// <param name="Input">For secrets and answers.</param>
/// <param name="IsOutputTerminal">A person looks at the results.</param>
/// <param name="IsErrorTerminal">A person looks at the progress.</param>
/// <param name="IsInputTerminal">A person can be asked.</param>
/// <param name="ReadSecret">Reads a line that the terminal does not show; null to read it from <paramref name="Input"/>.</param>
sealed record Terminal(
    TextWriter Output, TextWriter Error, TextReader Input, bool IsOutputTerminal, bool IsErrorTerminal, bool IsInputTerminal = false,
    Func<string?>? ReadSecret = null)
{
    /// <summary>Whether somebody is there who can read a question and answer it.</summary>
    public bool CanAsk => IsInputTerminal && IsErrorTerminal;

    /// <summary>Asks; returns the answer without blanks around it, empty where there is none.</summary>
    public async Task<string> AskAsync(string question, CancellationToken cancellation)
    {
        await Error.WriteAsync(question + " ");
        await Error.FlushAsync(cancellation);
        return (await Input.ReadLineAsync(cancellation) ?? "").Trim();
    }
}
