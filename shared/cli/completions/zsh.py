"""The completion file for zsh: found as `_<tool>` in $fpath, or sourced."""

from __future__ import annotations

from collections.abc import Iterator

from shared.cli.completions.grammar import Grammar, Values, fill

_SCRIPT = r"""#compdef __TOOL__
# Completion of __TOOL__ for zsh. Made by `__TOOL__ completions show zsh`; edits will be lost.

___TOOL__() {
    local current="${words[CURRENT]}" previous="${words[CURRENT-1]}"
    local place="" word skip="" kind="" index position=0
    local -a found

    for ((index = 2; index < CURRENT; index++)); do
        word="${words[index]}"
        if [[ -n $skip ]]; then
            skip=""
            continue
        fi
        case "$place/$word" in
            (__PATHS__)
                place="$place/$word"; position=0; continue ;;
        esac
        case "$place $word" in
            (__VALUED__)
                skip=1 ;;
            (*" -"*) ;;
            (*) position=$((position + 1)) ;;
        esac
    done

    if [[ $current == --*=* ]]; then
        previous="${current%%=*}"
        compset -P '*='
    fi
    case "$place $previous" in
__OPTION_VALUES__
    esac
    if [[ -z $kind && $current == -* ]]; then
        kind=options
        case "$place" in
__OPTIONS__
        esac
    elif [[ -z $kind ]]; then
        case "$place $position" in
__POSITIONS__
        esac
    fi

    case "$kind" in
        (words) _describe -t values value found ;;
        (options) _describe -o -t options option found ;;
        (agents)
            found=(${(f)"$("${words[1]}" completions agents 2>/dev/null)"})
            compadd -a found ;;
        (files) _files ;;
        (folders) _files -/ ;;
    esac
}

if [[ "${funcstack[1]}" == "___TOOL__" ]]; then
    ___TOOL__ "$@"
elif (( $+functions[compdef] )); then
    compdef ___TOOL__ __TOOL__
fi
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
    return "|".join(f'"{word}"' for word in words) or '"/ /"'


def _option_values(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.option_values.items():
        for name, values in found.items():
            yield f'        ("{path} {name}") {_assign(values)} ;;'


def _options(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.options.items():
        yield f'            ("{path}") found=({_described(found)}) ;;'


def _positions(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.commands.items():
        yield f'            ("{path} 0") kind=words; found=({_described(found)}) ;;'
    for path, places in grammar.arguments.items():
        for number, values in enumerate(places):
            place = f'"{path} {number}"'
            if path in grammar.repeating and number == len(places) - 1:
                place = f'"{path} "*'
            yield f"            ({place}) {_assign(values)} ;;"


def _assign(values: Values) -> str:
    if values.kind == "words":
        return f"kind=words; found=({_described(dict.fromkeys(values.words, ''))})"
    return f"kind={values.kind}"


def _described(entries: dict[str, str]) -> str:
    """zsh's `name:description` words; a colon of the name's own is escaped."""
    words = [name.replace(":", r"\:") + (f":{text}" if text else "") for name, text in entries.items()]
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
