"""The completion file for fish (3.0 and newer)."""

from __future__ import annotations

from collections.abc import Iterator

from shared.cli.completions.grammar import Grammar, Values, fill

_SCRIPT = r"""# Completion of __TOOL__ for fish. Made by `__TOOL__ completions show fish`; edits will be lost.

function ___TOOL___completion
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l previous $words[-1]
    set -l path ""
    set -l skip ""
    set -l position 0
    set -l glued ""

    for word in $words[2..-1]
        if test -n "$skip"
            set skip ""
            continue
        end
        switch "$path/$word"
            case __PATHS__
                set path "$path/$word"
                set position 0
                continue
        end
        switch "$path $word"
            case __VALUED__
                set skip 1
            case '* -*'
            case '*'
                set position (math $position + 1)
        end
    end

    # `--option=value` is one word here, so its candidates carry the option before them.
    if string match -q -- '--*=*' $current
        set previous (string split -m 1 = -- $current)[1]
        set glued "$previous="
    end
    switch "$path $previous"
__OPTION_VALUES__
    end
    if string match -q -- '-*' $current
        switch "$path"
__OPTIONS__
        end
        return
    end
    switch "$path $position"
__POSITIONS__
    end
end

complete -c __TOOL__ -f -a '(___TOOL___completion)'
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
    return " ".join(_quoted(word) for word in words) or "'/ /'"


def _option_values(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.option_values.items():
        for name, values in found.items():
            yield f"        case {_quoted(f'{path} {name}')}"
            yield from _print(values, glued=True)
            yield "            return"


def _options(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.options.items():
        yield f"            case {_quoted(path)}"
        yield f"                printf '%s\\t%s\\n' {_pairs(found)}"


def _positions(grammar: Grammar) -> Iterator[str]:
    for path, found in grammar.commands.items():
        yield f"        case {_quoted(f'{path} 0')}"
        yield f"            printf '%s\\t%s\\n' {_pairs(found)}"
    for path, places in grammar.arguments.items():
        for number, values in enumerate(places):
            repeats = path in grammar.repeating and number == len(places) - 1
            yield f"        case {_quoted(f'{path} ' + ('*' if repeats else str(number)))}"
            yield from _print(values, glued=False)


def _print(values: Values, *, glued: bool) -> Iterator[str]:
    before = '"$glued"' if glued else ""
    if values.kind == "words":
        yield f"            printf '%s\\n' {' '.join(before + _quoted(word) for word in values.words)}"
    elif values.kind == "agents":
        yield "            for name in ($words[1] completions agents 2>/dev/null)"
        yield f"                echo {before}$name"
        yield "            end"
    elif values.kind in ("files", "folders"):
        verb = "__fish_complete_directories" if values.kind == "folders" else "__fish_complete_path"
        yield f"            {verb} $current"


def _pairs(entries: dict[str, str]) -> str:
    return " ".join(f"{_quoted(name)} {_quoted(text)}" for name, text in entries.items())


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"
