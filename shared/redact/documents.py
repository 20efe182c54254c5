"""Secrets in documents whose structure tells: XML, HCL, Kubernetes, lists of names and values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.redact.assignments import whole_name
from shared.redact.names import Kind, kind_of
from shared.redact.rules import NAMED, Rule, context, is_no_code
from shared.redact.values import HARMLESS, is_environment_name, is_reference

DOCUMENTS: tuple[Rule, ...] = (
    context(
        "named value",
        "value",
        rf"(?:name|key)\\{{0,3}}[\"']?\s{{0,4}}[:=]\s{{0,4}}\\{{0,3}}[\"']?[\w.-]{{0,40}}{NAMED}\\{{0,3}}[\"']?"
        r"[\s,;]{1,40}\\{0,3}[\"']?(?:value|default)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}"
        r"(?:\\{0,3}[\"'])?(?P<secret>(?<=\")[^\"\n\\]{1,4096}|(?<=')[^'\n]{1,4096}|[^\s\"'\\,;}]{1,4096})",
        lambda value: not value.startswith("{"),
    ),
    context(
        "named value",
        "value",
        r"\\{0,3}[\"']value\\{0,3}[\"']\s{0,4}:\s{0,4}\\{0,3}[\"'](?P<secret>[^\"'\n\\]{3,4096})\\{0,3}[\"']\s{0,4},\s{0,8}"
        rf"\\{{0,3}}[\"'](?:name|key)\\{{0,3}}[\"']\s{{0,4}}:\s{{0,4}}\\{{0,3}}[\"'][\w.-]{{0,40}}{NAMED}\\{{0,3}}[\"']",
        is_no_code,
    ),
    context(
        "xml value",
        "</",
        rf"<(?:[\w-]{{0,40}}[:_-])?[\w-]{{0,40}}{NAMED}(?:\s[^<>\n]{{0,80}})?>\s{{0,80}}(?:<!\[cdata\[)?"
        r"(?P<secret>[^<>\s\]][^<>\n\]]{1,4096}?)\s{0,80}(?:\]\]>\s{0,80})?</",
    ),
    context(
        "xml value",
        "</",
        rf"\s(?:name|key|id)=[\"'][\w.-]{{0,80}}{NAMED}[\"'][^<>\n]{{0,80}}>(?P<secret>[^<>\n]{{3,4096}})</",
        is_no_code,
    ),
    context("xml value", "<d>", r"<d>(?P<secret>[a-z0-9+/=\s]{16,4096})</d>"),
    context(
        "password field",
        "<input",
        r"<input(?=[^<>]{0,200}\stype=[\"']password[\"'])[^<>]{0,200}?\svalue=[\"'](?P<secret>[^\"'<>\n]{3,256})[\"']",
        is_no_code,
    ),
    context(
        "variable's default",
        "variable",
        rf"variable\s{{1,8}}\"[\w-]{{0,40}}{NAMED}\"\s{{0,8}}\{{[^{{}}]{{0,400}}?\sdefault\s{{0,8}}=\s{{0,8}}\"(?P<secret>[^\"\n]{{3,4096}})\"",
        is_no_code,
    ),
)
_SECRET_KIND = re.compile(r"kind\\{0,7}[\"']?:[ \t]{0,4}\\{0,7}[\"']?secret(?![\w-])")
_DATA = re.compile(r"(?:^|\n|\\n)[ \t]{0,40}(?:string)?data:[ \t]*(?:\n|\\n)(?P<block>(?:[ \t]+[^\n\\]*(?:\n|\\n|$))+)")
_DATA_LINE = re.compile(r"[ \t]+[\w.-]{1,128}:[ \t]+[\"']?(?P<secret>[^\s\"'|>\\][^\n\"'\\]*)")
_DATA_OBJECT = re.compile(r"(?:string)?data\\{0,7}\":\s{0,8}\{(?P<block>[^{}]{1,8192})\}")
_DATA_MEMBER = re.compile(r"\\{0,7}\"[\w.-]{1,128}\\{0,7}\":\s{0,8}\\{0,7}\"(?P<secret>[^\"\n\\]+)")
_JOINED_WORDS = re.compile(r"[a-z]{2,20}(?:[_-][a-z0-9]{1,20})+")
_INSERT = re.compile(
    r"insert\s{1,8}into\s{1,8}[^\s(]{1,128}\s{0,8}\((?P<columns>[^()]{1,1000})\)\s{0,8}values\s{0,8}"
    r"(?P<rows>(?:\([^()]{1,2000}\)[\s,]{0,8}){1,50})"
)
_ROW = re.compile(r"\((?P<values>[^()]{1,2000})\)")
_SQL_VALUE = re.compile(r"\s{0,8}(?:'(?P<secret>(?:''|[^'])*)'|[^,']{1,256})(?:,|$)?")
_LONGEST_DOCUMENT = 16384
_LISTED = r"(?:passwords?|passwd|secrets?|credentials?|tokens?|keys)"
_LIST = re.compile(rf"{_LISTED}(?P<end>)\\{{0,7}}[\"']?\s{{0,4}}[:=]\s{{0,4}}[\[(](?P<items>[^\])]{{3,1024}})[\])]")
_LIST_ITEM = re.compile(
    r"\\{0,7}(?P<quote>[\"'])(?P<secret>[^\"'\n\\]{3,512})\\{0,7}(?P=quote)|(?<![^\s,\[(])(?P<bare>[^\s,\"'(){}=:]{6,512})(?![^\s,\])])"
)
_YAML_LIST = re.compile(rf"{_LISTED}(?P<end>):[ \t]*\n(?P<items>(?:[ \t]*-[ \t]+[^\s:]+[ \t]*(?:\n|$)){{1,50}})")


def document_secrets(lowered: str, text: str) -> Iterator[tuple[int, int]]:
    """Spans of the values of a Kubernetes Secret and of lists whose name says what is in them."""
    searched = 0
    while (kind := _SECRET_KIND.search(lowered, searched)) is not None:
        end = lowered.find("\n---", kind.end())
        searched = min(len(lowered) if end < 0 else end, kind.end() + _LONGEST_DOCUMENT)
        yield from _kubernetes_data(lowered, max(0, kind.start() - _LONGEST_DOCUMENT // 4), searched)
    for insertion in _INSERT.finditer(lowered):
        yield from _inserted(text, insertion)
    for pattern in (_LIST, _YAML_LIST):
        for found in pattern.finditer(lowered):
            yield from _listed(text, found)


def _kubernetes_data(lowered: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for whole, one in ((_DATA, _DATA_LINE), (_DATA_OBJECT, _DATA_MEMBER)):
        for block in whole.finditer(lowered, start, end):
            for member in one.finditer(lowered, *block.span("block")):
                if not is_reference(member["secret"]):
                    yield member.span("secret")


def _inserted(text: str, found: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The values of an INSERT that stand where a column for secrets stands."""
    columns = [name.strip(" \t\n\"'`") for name in found["columns"].split(",")]
    for row in _ROW.finditer(text, *found.span("rows")):
        for column, value in zip(columns, _SQL_VALUE.finditer(text, *row.span("values")), strict=False):
            if value["secret"] and kind_of(column) is not Kind.NONE and is_no_code(value["secret"]):
                yield value.span("secret")


def _listed(text: str, found: re.Match[str]) -> Iterator[tuple[int, int]]:
    kind = kind_of(whole_name(text, found.start(), found.start("end"))[0])
    if kind is Kind.NONE:
        return
    for item in _LIST_ITEM.finditer(text, *found.span("items")):
        group = "secret" if item["secret"] else "bare"
        value = item[group]
        chosen = any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and len(value) > 5
        if (
            _JOINED_WORDS.fullmatch(value)
            or is_reference(value)
            or value.lower() in HARMLESS
            or is_environment_name(value)
            or " " in value
        ):
            continue
        if chosen or (kind is Kind.PASSWORD and group == "secret"):
            yield item.span(group)
