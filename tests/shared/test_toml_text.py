"""One key of a file is changed and the rest of it stays as a person wrote it."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.toml_text import with_value, without_key

BY_HAND = """\
# Mine.
top = 1   # of no table

[api]  # the door
host = "a # b"  # keep me
port = 1

# about the tools
[tools.a]
command = '''
[api]
port = 7
'''
names = [
  "one",  # first
]
"""


def changed(text: str, key: str, value: Any) -> str:
    return with_value(text, tomllib.loads(text), key, value)


def removed(text: str, key: str) -> str | None:
    return without_key(text, tomllib.loads(text), key)


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("api.port", 9, "port = 1\n\n#", "port = 9\n\n#"),
        ("api.host", "c", 'host = "a # b"  # keep me', 'host = "c"  # keep me'),
        ("api.fresh", True, "port = 1\n\n#", "port = 1\nfresh = true\n\n#"),
        ("top", 2, "top = 1   # of no table", "top = 2   # of no table"),
        ("new.key", "x", '  "one",  # first\n]\n', '  "one",  # first\n]\n\n[new]\nkey = "x"\n'),
    ],
)
def test_a_value_is_set_in_its_line(key: str, value: Any, before: str, after: str) -> None:
    assert before in BY_HAND
    assert changed(BY_HAND, key, value) == BY_HAND.replace(before, after)


def test_a_key_is_removed_with_its_line_and_the_last_one_with_its_header() -> None:
    assert removed(BY_HAND, "api.port") == BY_HAND.replace("port = 1\n\n#", "\n#")
    assert removed("[a]\nb = 1\n[c]\nd = 1\n", "a.b") == "[c]\nd = 1\n"
    assert removed("[a]\n# why\nb = 1\n", "a.b") == "[a]\n# why\n"
    assert removed(BY_HAND, "api.nothing") is None and removed("", "a.b") is None and removed("a = 1\n", "a.b") is None


def test_what_one_line_cannot_say_is_written_anew_and_means_the_same() -> None:
    for text in (
        "a = {b = 1, c = 2}\n",
        "[a]\nb = [\n 1,\n 2,\n]\nc = 2\n",
        "a.b = 1\na.c = 2\n",
        '["a"]\nb = 1\nc = 2\n',
    ):
        assert tomllib.loads(changed(text, "a.b", 5)) == {"a": {"b": 5, "c": 2}}, text
        assert tomllib.loads(removed(text, "a.b") or "") == {"a": {"c": 2}}, text
    with pytest.raises(ValueError, match="api"):
        changed("api = 3\n", "api.port", 1)


def test_files_of_another_system_and_without_a_last_line_feed() -> None:
    assert changed("", "a.b", 1) == "[a]\nb = 1\n"
    assert changed("[a]\nb = 1", "a.b", 2) == "[a]\nb = 2\n"
    text = "# mine\r\n[a]\r\nb = 1\r\n"
    assert changed(text, "a.b", 2).startswith("# mine\r\n[a]\r\n")
    assert tomllib.loads(changed(text, "a.b", 2)) == {"a": {"b": 2}}


KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.one_of(
    st.integers(0, 9), st.booleans(), st.text("ab #=[]\n\"'\\", max_size=6), st.lists(st.text("a,#", max_size=3))
)
BODIES = st.dictionaries(KEYS, st.one_of(VALUES, st.dictionaries(KEYS, VALUES)))


@given(body=BODIES, table=KEYS, name=KEYS, value=VALUES)
def test_any_file_means_afterwards_what_was_meant(body: dict[str, Any], table: str, name: str, value: Any) -> None:
    import tomli_w

    text = tomli_w.dumps(body)
    wanted = copy.deepcopy(body)
    if not isinstance(wanted.setdefault(table, {}), dict):
        return
    wanted[table][name] = value
    set_ = changed(text, f"{table}.{name}", value)
    assert full(tomllib.loads(set_)) == full(wanted)
    del wanted[table][name]
    assert full(tomllib.loads(removed(set_, f"{table}.{name}") or "")) == full(wanted)


def full(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value != {}}
