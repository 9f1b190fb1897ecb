namespace Octavo.Cli;

/// <summary>Where a command reads and writes.</summary>
/// <param name="Output">For results, and nothing else.</param>
/// <param name="Error">For messages and progress.</param>
/// <param name="Input">For secrets.</param>
/// <param name="IsOutputTerminal">A person looks at the results.</param>
/// <param name="IsErrorTerminal">A person looks at the progress.</param>
sealed record Terminal(TextWriter Output, TextWriter Error, TextReader Input, bool IsOutputTerminal, bool IsErrorTerminal);
