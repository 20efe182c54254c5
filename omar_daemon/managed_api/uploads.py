"""Taking files out of a request: multipart forms, streamed through the disk and never whole in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request

from omar_daemon.managed_api.errors import bad
from omar_daemon.routing import ApiError
from omar_daemon.store.managed.files import MAX_BYTES

if TYPE_CHECKING:
    from starlette.datastructures import FormData, UploadFile

    from omar_daemon.managed_api.form_parser import FormParser

_FORM_OVERHEAD = 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_FORM_FILES = 501


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def read_form(request: Request, limit: int = MAX_BYTES) -> FormData:
    """The form of a request; 413 above `limit` bytes, 400 when it is broken. The caller closes it."""
    from starlette.formparsers import MultiPartException

    from omar_daemon.managed_api.form_parser import FormParser

    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + _FORM_OVERHEAD:
        raise _too_large(limit)
    parser = FormParser(request.headers, _counted(request, limit), max_files=MAX_FORM_FILES, max_fields=100)
    try:
        return await _whole(parser)
    except (MultiPartException, KeyError, ValueError) as error:
        message = error.message if isinstance(error, MultiPartException) else "it is no multipart form"
        raise bad(f"The form cannot be read: {message.rstrip('.')}.") from None
    except ClientDisconnect:
        raise bad("The connection ended before the form did.") from None


async def _whole(parser: FormParser) -> FormData:
    try:
        return await parser.parse()
    except BaseException:
        parser.discard()
        raise


async def _counted(request: Request, limit: int) -> AsyncGenerator[bytes]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit + _FORM_OVERHEAD:
            raise _too_large(limit)
        yield piece


def text_field(form: FormData, *names: str) -> str | None:
    """The first of these fields that holds text."""
    for name in names:
        value = form.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def file_fields(form: FormData, *names: str) -> list[UploadFile]:
    """All files in fields of these names, in the form's order."""
    from starlette.datastructures import UploadFile

    return [value for name, value in form.multi_items() if name in names and isinstance(value, UploadFile)]


def checked_filename(name: str | None) -> str:
    """The last part of a client's path, 1 to 255 bytes without control characters; else 400.

    In a form a quotation mark is written as %22 (WHATWG), by browsers, curl and the official client.
    """
    plain = re.split(r"[/\\]", name or "")[-1].replace("%22", '"')
    try:
        size = len(plain.encode())
    except UnicodeEncodeError:
        size = 0
    if plain in ("", ".", "..") or _CONTROL.search(plain) or not 1 <= size <= 255:
        raise bad("The file needs a name of 1 to 255 bytes without control characters.")
    return plain


def _too_large(limit: int) -> ApiError:
    return ApiError(413, f"A file may have at most {limit} bytes.", headers={"connection": "close"})
