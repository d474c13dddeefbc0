"""The scripts by which shells ask for completions, and where they are installed.

Each script runs `mbcost __complete WORD... =LAST`; see `mbcost.cli.completion`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mbcost.errors import MbcostError, unknown

BASH = r"""# Completion of mbcost for bash 3.2 or newer.
_mbcost() {
    local line=${COMP_LINE:0:COMP_POINT} word last files= index
    local -a words=()
    # Bash splits words also at : @ and =. What touches each other is one word.
    for ((index = 0; index <= COMP_CWORD; index++)); do
        if [[ $index -eq 0 || $line == [[:space:]]* ]]; then
            words+=("")
            line=${line#"${line%%[![:space:]]*}"}
        fi
        word=${COMP_WORDS[index]}
        [[ $index -eq $COMP_CWORD ]] && word=$line
        words[${#words[@]} - 1]+=$word
        line=${line#"$word"}
    done
    words=("${words[@]//[\"\'\\]/}")
    last=${words[${#words[@]} - 1]}
    unset "words[${#words[@]} - 1]"
    local prefix=${last%"${2//[\"\'\\]/}"} # readline replaces only what follows the last separator
    COMPREPLY=()
    while IFS=$'\t' read -r word _; do
        word=${word%$'\r'}
        if [[ $word == :files ]]; then
            files=1
        else
            word=${word#"$prefix"}
            [[ $word == *[[:space:]]* ]] && printf -v word %q "$word"
            COMPREPLY+=("$word")
        fi
    done < <("${1/#\~/$HOME}" __complete "${words[@]:1}" "=$last" 2>/dev/null)
    if type compopt >/dev/null 2>&1; then
        [[ $files ]] || compopt +o default
        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[@/:=,] ]] && compopt -o nospace
    fi
    return 0
}
complete -o default -F _mbcost mbcost
"""
ZSH = r"""#compdef mbcost
# Completion of mbcost for zsh; it needs compinit.
_mbcost() {
    local line value files=
    local -a lines values shown open
    lines=("${(@f)$(${~${(Q)words[1]}} __complete "${(@Q)words[2,CURRENT-1]}" "=${(Q)PREFIX}" 2>/dev/null)}")
    for line in $lines; do
        value=${line%%$'\t'*}
        if [[ $line == :files ]]; then
            files=1
        elif [[ $value == *[@/:=,] ]]; then
            open+=("$value")
        else
            values+=("$value")
            shown+=("${line/$'\t'/  -- }")
        fi
    done
    if [[ "$shown" != "$values" ]]; then
        compadd -l -d shown -a values
    else
        compadd -a values
    fi
    compadd -S '' -a open
    if [[ -n $files ]]; then
        _files
    fi
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _mbcost "$@"
else
    compdef _mbcost mbcost
fi
"""
FISH = r"""# Completion of mbcost for fish 3 or newer.
function __mbcost_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "=$last" 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$last"
        else
            printf '%s\n' "$line"
        end
    end
end
complete --command mbcost --no-files --arguments '(__mbcost_complete)'
"""
POWERSHELL = r"""# Completion of mbcost for PowerShell 5.1 or newer.
Register-ArgumentCompleter -Native -CommandName mbcost -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @()
    $last = ''
    foreach ($element in $commandAst.CommandElements) {
        $text = $element.Extent.Text
        $start = $element.Extent.StartOffset
        if ($start -ge $cursorPosition) { break }
        if ($element.Extent.EndOffset -ge $cursorPosition) {
            $last = $text.Substring(0, $cursorPosition - $start).TrimStart('"', "'")
            break
        }
        $words += $text.Trim('"', "'")
    }
    $prefix = ''
    if ($wordToComplete -and $last.EndsWith($wordToComplete)) {
        $prefix = $last.Substring(0, $last.Length - $wordToComplete.Length)
    }
    $rest = @($words | Select-Object -Skip 1)
    & $words[0] __complete @rest "=$last" 2>$null | Where-Object { $_ -ne ':files' } | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        if (-not $help) { $help = $value }
        if ($value.StartsWith($prefix)) { $value = $value.Substring($prefix.Length) }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
"""
SHELLS: Mapping[str, str] = {"bash": BASH, "zsh": ZSH, "fish": FISH, "powershell": POWERSHELL, "pwsh": POWERSHELL}
"""The name of a shell -> its script."""
RUN_BY_PROFILE = "mbcost --show-completion powershell | Out-String | Invoke-Expression"


def script_of(shell: str) -> str:
    """Return the script for a shell.

    Raises:
        MbcostError: the shell is unknown.
    """
    if shell not in SHELLS:
        raise unknown("shell", shell, SHELLS)
    return SHELLS[shell]


def detect_shell() -> str:
    """Return the name of the user's shell, which SHELL states; without it, PowerShell on Windows.

    Raises:
        MbcostError: SHELL names no shell that mbcost has a script for.
    """
    name = Path(os.environ.get("SHELL", "powershell" if sys.platform == "win32" else "")).stem
    if name not in SHELLS:
        raise MbcostError(f"the shell is not known: name it after the option, {', '.join(SHELLS)}")
    return name


def install(shell: str, home: Path) -> str:
    """Write the script for a shell into the user's home folder, and return what was done.

    Raises:
        MbcostError: the shell is unknown, or it does not read scripts from the home folder.
    """
    script = script_of(shell)
    if script is POWERSHELL:
        raise MbcostError(f"PowerShell reads its profile only: add this line to the file $PROFILE: {RUN_BY_PROFILE}")
    file, start, lines = _PLACES[shell]
    path = home / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf-8")
    if start:
        _append(home / start, [line.format(path=path) for line in lines])
    return f"wrote {path}: completion starts in the next {shell}"


def _append(file: Path, lines: list[str]) -> None:
    """Add the lines to a file that do not stand in it yet."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    missing = [line for line in lines if line not in text.splitlines()]
    if missing:
        file.write_text("\n".join([text.rstrip("\n"), *missing, ""]).lstrip("\n"), encoding="utf-8")


_PLACES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "bash": (".bash_completions/mbcost.sh", ".bashrc", ("source '{path}'",)),
    "zsh": (".zfunc/_mbcost", ".zshrc", ("fpath+=~/.zfunc", "autoload -Uz compinit && compinit")),
    "fish": (".config/fish/completions/mbcost.fish", "", ()),
}
"""A shell -> its script, the file that the shell reads at its start, and the lines that this file needs."""
