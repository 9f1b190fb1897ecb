using System.CommandLine;

namespace Octavo.Cli;

/// <summary><c>octavo completion SHELL</c>: the shells ask <c>octavo "[suggest:POSITION]" LINE</c>, which the parser answers by itself.</summary>
static class CompletionCommand
{
    // A colon breaks words in bash, and no id has one; an equals sign does, too, and stands in filters.
    const string Bash =
        """
        # octavo completion for bash: source <(octavo completion bash)
        _octavo() {
          local line=${COMP_LINE#*[[:space:]]} point word=$2 candidate
          point=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
          COMPREPLY=()
          while IFS= read -r candidate; do
            [[ $candidate == "$word"* ]] && COMPREPLY+=("$candidate")
          done < <("$1" "[suggest:$point]" "$line" 2>/dev/null)
          [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace
          return 0
        }
        complete -o default -F _octavo octavo
        """;

    const string Zsh =
        """
        #compdef octavo
        # octavo completion for zsh: source <(octavo completion zsh)
        _octavo() {
          local line=${BUFFER#*[[:space:]]} point
          point=$((CURSOR - ${#BUFFER} + ${#line}))
          local -a candidates
          candidates=("${(@f)$("${words[1]}" "[suggest:$point]" "$line" 2>/dev/null)}")
          candidates=(${candidates:#})
          (( ${#candidates} )) && compadd -- "${candidates[@]}" || _files
        }
        compdef _octavo octavo
        """;

    const string Fish =
        """
        # octavo completion for fish: octavo completion fish | source
        function __octavo
          set -l line (commandline -cp | string replace -r '^\S+\s' '')
          octavo "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c octavo -a '(__octavo)'
        """;

    public static Command Make()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print what makes a shell complete commands, options and ids.") { shell };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(parsed.GetRequiredValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => Fish,
            });
            return ExitCode.Success;
        });
        return command;
    }
}
