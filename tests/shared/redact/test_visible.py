"""What a terminal hides inside a secret or a path hides neither from us."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

import pytest

from shared.redact import REDACTED, Places, find_secrets, redact_keys, redact_text
from shared.redact.visible import views

KEY = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0fG"


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY[:10]}\x1b[1m{KEY[10:]}\x1b[0m",
        f"{KEY[:10]}\\u001b[1m{KEY[10:]}\\u001b[0m",
        f"{KEY[:10]}\\033[1m{KEY[10:]}",
        f"{KEY[:3]}\u200b{KEY[3:]}",
        f"\x1b]8;;https://x\x07{KEY}\x1b]8;;\x07",
    ],
)
def test_a_secret_with_colours_in_it_is_taken_whole(text: str) -> None:
    for redacted in (redact_text(text), redact_keys(text)):
        assert REDACTED in redacted
        assert KEY[4:10] not in redacted and KEY[12:] not in redacted


SAMPLE = [
    ("TOKEN=abcdefghijk", "abcdefghijk"),
    ("pass=hunter2", "hunter2"),
    ("password:\n  hunter2\n", "hunter2"),
    ("password: correct zanzibar battery staple", "zanzibar battery"),
    ("- name: DB_PASSWORD\n  value: s3cr3t99", "s3cr3t99"),
    ("machine h\nlogin u\npassword p4ssw0rd", "p4ssw0rd"),
    ("db.example.com:5432:*:ada:zanzibarhorse", "zanzibarhorse"),
    ("curl -u 'ada:s3cr3t' https://x", "s3cr3t"),
    ("mysql -u root -ps3cr3t", "s3cr3t"),
    ('ConvertTo-SecureString -String "zanzibarhorse" -AsPlainText', "zanzibarhorse"),
    ('variable "db_password" {\n  default = "zanzibarhorse"\n}', "zanzibarhorse"),
    ("kind: Secret\nstringData:\n  db: zanzibarhorse\n", "zanzibarhorse"),
    ("the password is zanzibarhorse", "zanzibarhorse"),
]
FORMS: dict[str, Callable[[str], str]] = {
    "diff": lambda text: re.sub("^", "+", text, flags=re.MULTILINE),
    "numbered": lambda text: re.sub("^", "    12→", text, flags=re.MULTILINE),
    "tab": lambda text: re.sub("^", "     12\t", text, flags=re.MULTILINE),
    "grep": lambda text: re.sub("^", "src/conf.d/a.yml:12:", text, flags=re.MULTILINE),
    "json": json.dumps,
    "json in json": lambda text: json.dumps({"a": json.dumps({"b": f"x\n{text}\ny"})}),
    "html": html.escape,
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "diff in json": lambda text: json.dumps(re.sub("^", "+", text, flags=re.MULTILINE)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("text", "secret"), SAMPLE)
def test_a_secret_is_one_in_whatever_form_a_tool_prints_it(text: str, secret: str, form: str) -> None:
    assert secret not in redact_text(FORMS[form](text))


def test_the_colours_around_a_secret_stay() -> None:
    assert (
        redact_text(f"\x1b[32mkey\x1b[0m {KEY[:8]}\x1b[1m{KEY[8:]}\x1b[0m end")
        == f"\x1b[32mkey\x1b[0m {REDACTED}\x1b[0m end"
    )


def test_a_finding_lies_where_it_stands_in_the_text() -> None:
    text = "\x1b[32mDB_PASSWORD\x1b[0m=\x1b[1mhunter2\x1b[0m"
    (found,) = find_secrets(text)
    assert "hunter2" in text[found.start : found.end]


def test_a_text_without_anything_hidden_is_seen_as_it_is() -> None:
    assert [shown for shown, _ in views("plain \\e text")] == ["plain \\e text"]


def test_a_path_behind_a_colour_is_a_path() -> None:
    places = Places(("/home/anna/work/shop",), "/home/anna", "anna")
    assert places.scrub("\x1b[32m/home/bob/x\x1b[0m") == "~/x"
    assert places.scrub("/ho\x1b[1mme/anna/work/shop/a.py") == "a.py"
