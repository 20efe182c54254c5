"""The completion file for bash (3.2 and newer, so that macOS's own can load it)."""

from __future__ import annotations

from collections.abc import Iterator

from shared.cli.completions.grammar import Grammar, Values, fill

_SCRIPT = r"""# Completion of __TOOL__ for bash. Made by `__TOOL__ completions show bash`; edits will be lost.

___TOOL___completion() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local path="" word skip="" words="" kind="" index position=0
    COMPREPLY=()

    # bash takes `--option=value` apart at the equals sign.
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $previous == "=" ]]; then
        previous="${COMP_WORDS[COMP_CWORD-2]}"
    fi
    for ((index = 1; index < COMP_CWORD; index++)); do
        word="${COMP_WORDS[index]}"
        if [[ $word == "=" ]]; then
            continue
        elif [[ -n $skip ]]; then
            skip=""
            continue
        fi
        case "$path/$word" in
__PATHS__
                path="$path/$word"; position=0; continue ;;
        esac
        case "$path $word" in
__VALUED__
                skip=1 ;;
            *" -"*) ;;
            *) position=$((position + 1)) ;;
        esac
    done

    case "$path $previous" in
__OPTION_VALUES__
    esac
    if [[ -z $kind && $current == -* ]]; then
        kind=words
        case "$path" in
__OPTIONS__
        esac
    elif [[ -z $kind ]]; then
        case "$path $position" in
__POSITIONS__
        esac
    fi

    case "$kind" in
        agents) words="$("$1" completions agents 2>/dev/null)" ;;
        files) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
        folders) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")); return ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}

complete -F ___TOOL___completion __TOOL__
"""


def script(grammar: Grammar) -> str:
    """The file's text."""
    return fill(
        _SCRIPT,
        TOOL=grammar.tool,
        PATHS=_pattern(grammar.paths()),
        VALUED=_pattern(grammar.valued_options()),
        OPTION_VALUES="\n".join(_option_values(grammar)),
        OPTIONS="\n".join(_options(grammar)),
        POSITIONS="\n".join(_positions(grammar)),
    )


def _pattern(words: list[str]) -> str:
    """The alternatives of a `case`, several on a line; a word that cannot occur when there are none."""
    quoted = [f'"{word}"' for word in words] or ['"/ /"']
    lines = ["|".join(quoted[start : start + 4]) for start in range(0, len(quoted), 4)]
    return "|\\\n".join(f"            {line}" for line in lines) + ")"


def _option_values(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.option_values.items():
        for name, values in found.items():
            yield f'        "{path} {name}") {_assign(values)} ;;'


def _options(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.options.items():
        yield f'            "{path}") words="{" ".join(found)}" ;;'


def _positions(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.commands.items():
        yield f'            "{path} 0") {_assign(Values("words", tuple(found)))} ;;'
    for path, places in grammar.arguments.items():
        for number, values in enumerate(places):
            place = f'"{path} {number}"'
            if path in grammar.repeating and number == len(places) - 1:
                place = f'"{path} "*'
            yield f"            {place}) {_assign(values)} ;;"


def _assign(values: Values) -> str:
    if values.kind == "words":
        return f'kind=words; words="{" ".join(values.words)}"'
    return f"kind={values.kind}"
