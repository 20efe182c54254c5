"""The lines of a Claude Code log (1.0 to 2.1.x) as typed records.

Only the fields named here are decoded; msgspec passes over the rest at the speed of memory. A line with a field of
an unexpected type is read again with patience: the odd field costs only itself.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from shared.transcripts.loose import MOST_TOKENS, any_json

NOTHING = Raw(b"")

Odd = str | list[Raw] | int | float | bool | None


class Block(Struct, gc=False):
    """One block of a message: text, thinking, tool_use, tool_result, image …"""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    tool_use_id: str | None = None
    is_error: bool | None = None
    text: Raw = NOTHING
    thinking: Raw = NOTHING
    input: Raw = NOTHING
    content: Raw = NOTHING


class TokenCounts(Struct, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class Message(Struct, gc=False):
    id: str | None = None
    role: str | None = None
    model: str | None = None
    usage: TokenCounts | None = None
    content: str | list[Block] | None = None


class AgentResult(Struct, gc=False, rename="camel"):
    """The part of a `toolUseResult` that tells which sub-agent a call started."""

    agent_id: str | None = None


class Progress(Struct, gc=False, rename="camel"):
    """`data` of a progress line."""

    type: str | None = None
    agent_id: str | None = None


class Fork(Struct, gc=False, rename="camel"):
    session_id: str | None = None


class Record(Struct, gc=False, rename="camel"):
    """One line."""

    type: str | None = None
    subtype: str | None = None
    uuid: str | None = None
    parent_uuid: str | None = None
    timestamp: str | None = None
    session_id: str | None = None
    agent_id: str | None = None
    cwd: str | None = None
    version: str | None = None
    git_branch: str | None = None
    request_id: str | None = None
    permission_mode: str | None = None
    parent_tool_use_id: str | None = field(default=None, name="parentToolUseID")
    is_sidechain: bool | None = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    message: Message | None = None
    tool_use_result: AgentResult | Odd = None
    data: Progress | Odd = None
    forked_from: Fork | Odd = None


class AgentMeta(Struct, rename="camel"):
    """`agent-<id>.meta.json` beside a sub-agent's log."""

    agent_type: str | None = None
    description: str | None = None
    tool_use_id: str | None = None
    spawn_depth: int | None = None
    model: str | None = None


class SpawnInput(Struct, gc=False):
    """Input of the tools that start a sub-agent (`Task` before Claude Code 2.1.63, `Agent` since)."""

    prompt: str | None = None
    description: str | None = None
    subagent_type: str | None = None


class _Details(Struct, rename="camel"):
    tool_use_result: Raw = NOTHING


_record_decoder = msgspec.json.Decoder(Record)
_details_decoder = msgspec.json.Decoder(_Details)
_text_decoder = msgspec.json.Decoder(str)

Shape = TypeVar("Shape", bound=Struct)


# The quick way of `decode`, for the loop over all lines: raises one of UNUSUAL where `decode` looks again.
decode_usual = _record_decoder.decode
UNUSUAL = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(data: bytes) -> Record | None:
    """The record of one line, or None when the line is no JSON object."""
    try:
        return decode_usual(data)
    except UNUSUAL:
        return mended(data, Record)


def mended(data: bytes, shape: type[Shape]) -> Shape | None:
    """`data` as `shape`, each field that does not fit left at its default; None when it is no JSON object."""
    value = any_json(bytes(data))
    return _fit(value, shape) if isinstance(value, dict) else None


def small_object(data: bytes, shape: type[Shape]) -> Shape:
    """`data` as `shape`; all defaults when it is no JSON object."""
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return mended(data, shape) or shape()


def text_of(raw: Raw) -> str:
    """The text of a JSON string; "" for anything else."""
    if raw is NOTHING:
        return ""
    try:
        return _text_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = any_json(bytes(raw))
        return value if isinstance(value, str) else ""


def details_of(data: bytes) -> Any:
    """The whole `toolUseResult` of a line, None when it has none."""
    try:
        raw = _details_decoder.decode(data).tool_use_result
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if raw is NOTHING else any_json(bytes(raw))


def tokens(count: int | None) -> int:
    """A token count of the log; 0 for one that cannot be."""
    return count if count and 0 < count <= MOST_TOKENS else 0


def _fit(value: dict[str, Any], shape: type[Shape]) -> Shape:
    found = {}
    for known in msgspec.structs.fields(shape):
        if known.encode_name in value:
            fitted = _fit_field(value[known.encode_name], known.type)
            if fitted is not None:
                found[known.name] = fitted
    return shape(**found)


def _fit_field(value: Any, kind: Any) -> Any:
    if kind is Raw:
        import json

        return Raw(json.dumps(value).encode())
    nested = _NESTED.get(kind)
    if nested is not None and isinstance(value, dict):
        return _fit(value, nested)
    if kind == _CONTENT and isinstance(value, list):
        return [_fit(block, Block) for block in value if isinstance(block, dict)]
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError):
        return None


_CONTENT = str | list[Block] | None
_NESTED: dict[Any, type[Struct]] = {
    Message | None: Message,
    TokenCounts | None: TokenCounts,
    AgentResult | Odd: AgentResult,
    Progress | Odd: Progress,
    Fork | Odd: Fork,
}
