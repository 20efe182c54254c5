"""Base64 with a secret in it is a secret; base64 of anything else stays."""

from __future__ import annotations

import base64
import json

import pytest

from shared.redact import redact_text


def wrapped(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "inner", ["password=zanzibarhorse", "Authorization: Bearer abcdef123456", json.dumps({"api_key": "abc123def"})]
)
def test_a_wrapped_secret_is_taken(inner: str) -> None:
    assert wrapped(inner) not in redact_text(f"echo {wrapped(inner)} | base64 -d")


@pytest.mark.parametrize("inner", ["hello, this is only a text", json.dumps({"page": 3, "next": "abc"}), "User:123456"])
def test_other_wrapped_text_stays(inner: str) -> None:
    assert redact_text(f"cursor: {wrapped(inner)}") == f"cursor: {wrapped(inner)}"


def test_short_basic_credentials_are_taken() -> None:
    assert wrapped("a:b1") not in redact_text(f"Basic {wrapped('a:b1')}")
    assert redact_text("Basic language support") == "Basic language support"
