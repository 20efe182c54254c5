"""No absolute path, no home and no user name leaves the machine."""

from __future__ import annotations

import pytest

from shared.redact import Places, clean

PLACES = Places(("/home/anna/work/shop", "/srv/checkouts/shop"), "/home/anna", "anna")


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("cat /home/anna/work/shop/src/a.py", "cat src/a.py"),
        ("cd /home/anna/work/shop && ls", "cd . && ls"),
        ("cd /home/anna/work/shop", "cd ."),
        ("see /srv/checkouts/shop/x", "see x"),
        ("less /home/anna/.ssh/config", "less ~/.ssh/config"),
        ("/home/anna/work/shop2/x", "~/work/shop2/x"),
        ("ls /home/bob/secret", "ls ~/secret"),
        ("ls /Users/bob/Library/x", "ls ~/Library/x"),
        ("C:\\Users\\bob\\x.txt", "~\\x.txt"),
        ("cat /etc/passwd", "cat …/passwd"),
        ("/usr/local/bin/python3 -m x", "…/python3 -m x"),
        ("tmp=/tmp/pytest-1/a.txt;", "tmp=…/a.txt;"),
        ("file:///home/anna/work/shop/a", "a"),
        ("anna@laptop:~$ whoami", "user@laptop:~$ whoami"),
        ("~/.claude/projects/-home-anna-work-shop/x.jsonl", "~/.claude/projects/-home-work-shop/x.jsonl"),
        ("GET /api/agents/one", "GET /api/agents/one"),
        ("src/a.py and ./b and ../c", "src/a.py and ./b and ../c"),
        ("https://example.org/home/page", "https://example.org/home/page"),
        ("hannah and annabel", "hannah and annabel"),
        ("no path here", "no path here"),
        ("-home-anna-work-shop", "-home-work-shop"),
        ("a\\n/home/bob/x", "a\\n~/x"),
        ("%2Fhome%2Fanna%2Fx", "~%2Fx"),
        ("/home//anna/x", "~/x"),
        ("/mnt/c/Users/bob/x", "~/x"),
        ("/c/Users/bob/x", "~/x"),
        ("~bob/x", "~/x"),
        ("C:/Users/bob/x", "~/x"),
        ("D:\\work\\x.py", "…/x.py"),
        ("/net/home/bob/x", "~/x"),
        ("\\\\fileserver\\share\\bob\\x.txt", "…/x.txt"),
        ("\\\\\\\\fileserver\\\\share\\\\bob\\\\x.txt", "…/x.txt"),
        ("\\\\wsl$\\Ubuntu\\home\\bob\\x", "…/x"),
        ("C:\\Users\\Bob Smith\\x.txt", "~\\x.txt"),
        ("C:\\Program Files\\Thing\\y.exe", "…/y.exe"),
        ("C:\\Documents and Settings\\bob\\x", "~\\x"),
        ("/cygdrive/c/Users/bob/x", "~/x"),
        ("cd ~bob && ls", "cd ~ && ls"),
        ("cc -I/home/bob/include -L/opt/thing/lib", "cc -I~/include -L…/lib"),
        ("-/home/bob/x\n-/opt/thing/y", "-~/x\n-…/y"),
        ("\\/home\\/bob\\/x", "~\\/x"),
        ("sed s/\\/opt\\/thing\\/x.py/y/", "sed s/…/x.py/y/"),
        ("%2Fsrv%2Fcheckouts%2Fshop%2Fx", "~%2Fx"),
        ("C%3A%5CUsers%5Cbob%5Cx", "~%5Cx"),
        ("ssh://host/home/bob/x.git", "~/x.git"),
        ("file://localhost/home/bob/x", "~/x"),
        ("../../home/bob/x", "~/x"),
        ("/Volumes/Bob's Disk/x", "…/x"),
        ('"/opt/my thing/x.py"', '"…/x.py"'),
        ("/opt/my\\ thing/x.py", "…/x.py"),
        ("a\\\\nfoo\\\\tbar and \\n\\t", "a\\\\nfoo\\\\tbar and \\n\\t"),
        ("regex \\\\d+\\\\w", "regex \\\\d+\\\\w"),
        ('print("a:\\n")', 'print("a:\\n")'),
    ],
)
def test_a_place_becomes_what_may_be_seen(text: str, scrubbed: str) -> None:
    assert PLACES.scrub(text) == scrubbed


def test_what_begins_with_a_folder_of_this_machines_root_is_a_path() -> None:
    places = Places(("/home/anna/work/shop",), "/home/anna", "anna", ("scratch", "volume1"))
    assert places.scrub("cat /scratch/run/x.py /volume1/a/b") == "cat …/x.py …/b"
    assert places.scrub("GET /api/agents/one") == "GET /api/agents/one"


def test_all_strings_of_a_value_are_scrubbed() -> None:
    value = {"a": ["/home/anna/x"], "/home/anna/y": {"b": "password=hunter2 in /home/anna/z"}}
    assert clean(value, PLACES) == {"a": ["~/x"], "~/y": {"b": "password=[REDACTED] in ~/z"}}


def test_a_common_login_name_is_no_reason_to_touch_words() -> None:
    assert Places((), "/root", "root").scrub("the root of the tree") == "the root of the tree"
