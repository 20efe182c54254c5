"""/v1/files: uploads, kept by content hash and mounted into their session's sandbox (contract 8)."""

from __future__ import annotations

import base64
import binascii
import io
import mimetypes
from typing import Annotated, Any, BinaryIO, Literal
from urllib.parse import quote

from pydantic import Field
from sqlalchemy import Connection, or_
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from omar_daemon.managed_api import query, uploads
from omar_daemon.managed_api.answers import answer, created, page_answer
from omar_daemon.managed_api.errors import bad, not_found
from omar_daemon.managed_api.fields import Body, read_body
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import listed, reading, required
from omar_daemon.routing import ApiError, ApiRoute
from omar_daemon.services import services
from omar_daemon.store.managed import clock
from omar_daemon.store.managed import files as room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.files import files
from omar_daemon.store.managed.sessions import sessions

MAX_PAGE = 1000
_JSON_LIMIT = 64 * 1024 * 1024
_COPY_BYTES = 1024 * 1024


class FileCreate(Body):
    """POST /v1/files as JSON, for small files."""

    filename: str
    content: str
    encoding: Literal["utf8", "utf-8", "base64"] = "utf8"
    media_type: Annotated[str, Field(max_length=255)] | None = None
    session_id: str | None = None
    scope_id: str | None = None
    downloadable: bool = True
    expires_in_seconds: Annotated[int, Field(ge=1, le=10**9)] | None = None


async def upload(request: Request) -> Response:
    """201. Multipart (`file`, and `session_id` or `scope_id`), or JSON with the content in it."""
    file = await (_from_form(request) if uploads.is_form(request) else _from_json(request))
    if file.columns["session_id"] is not None:
        services(request).managed.files_changed(file.columns["session_id"])
    return created(shown(file))


async def _from_json(request: Request) -> Document:
    sent = await read_body(request, FileCreate, limit=_JSON_LIMIT)
    try:
        binary = sent.encoding == "base64"
        content = base64.b64decode(sent.content, validate=True) if binary else sent.content.encode()
    except (binascii.Error, ValueError):
        raise bad("content: it is not valid base64 or text.") from None
    wanted = _wanted(sent.filename, sent.media_type, sent.session_id or sent.scope_id, sent.expires_in_seconds)
    wanted["downloadable"] = sent.downloadable
    return await run_in_threadpool(_insert, request, wanted, io.BytesIO(content))


async def _from_form(request: Request) -> Document:
    form = await uploads.read_form(request)
    try:
        found = uploads.file_fields(form, "file")
        if len(found) != 1:
            raise bad("The form needs one file in its field `file`.")
        expires = uploads.text_field(form, "expires_in_seconds")
        if expires is not None and not (expires.isascii() and expires.isdigit() and 0 < int(expires[:12]) <= 10**9):
            raise bad("expires_in_seconds must be a whole number of seconds.")
        session_id = uploads.text_field(form, "session_id", "scope_id")
        wanted = _wanted(found[0].filename, found[0].content_type, session_id, int(expires) if expires else None)
        wanted["downloadable"] = uploads.text_field(form, "downloadable") != "false"
        return await run_in_threadpool(_insert, request, wanted, found[0].file)
    finally:
        await form.close()


def _wanted(name: str | None, media_type: str | None, session_id: str | None, expires: int | None) -> dict[str, Any]:
    filename = uploads.checked_filename(name)
    guessed = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    plain = media_type if media_type and media_type != "application/octet-stream" else guessed
    if not plain.isascii() or not plain.isprintable():
        raise bad("media_type: it is not one.")
    return {"filename": filename, "media_type": plain, "session_id": session_id, "expires": expires}


def _copy(source: BinaryIO, writer: room.BlobWriter) -> None:
    """What was uploaded on its way to be a blob; 413 above the limit."""
    while piece := source.read(_COPY_BYTES):
        writer.write(piece)
        if writer.size > room.MAX_BYTES:
            raise ApiError(413, f"A file may have at most {room.MAX_BYTES} bytes.")


def _insert(request: Request, wanted: dict[str, Any], source: BinaryIO) -> Document:
    """Keep the bytes and their row; whatever goes wrong leaves neither."""
    body = {name: wanted[name] for name in ("filename", "media_type", "downloadable")}
    expires_at = clock.now() + wanted["expires"] * 1_000_000 if wanted["expires"] else None
    session_id = wanted["session_id"]
    writer = room.BlobWriter()
    try:
        _copy(source, writer)
        with room.changing:
            with services(request).store.read() as connection:
                if session_id is not None:
                    required(connection, sessions, session_id, "session")
            columns = {"session_id": session_id, "sha256": writer.finish(), "size_bytes": writer.size}
            with services(request).store.write() as connection:
                gone = room.forget_expired(connection)
                file = files.insert(connection, body, expires_at=expires_at, **columns)
            with services(request).store.read() as connection:
                room.drop_unused(connection, gone)
            return file
    finally:
        writer.discard()


async def listing(request: Request) -> Response:
    """Newest first; `scope_id` (or `session_id`) names a session, `ids[]` are answered in one page."""
    table = files.table
    ids = query.items(request, "ids")
    living = or_(table.c.expires_at.is_(None), table.c.expires_at > clock.now())
    if ids:
        if len(ids) > MAX_PAGE:
            raise bad(f"ids: at most {MAX_PAGE}.")
        rows = await reading(request, lambda connection: files.select(connection, table.c.id.in_(ids), living))
        return page_answer([shown(row) for row in rows], None)
    session_id = request.query_params.get("scope_id") or request.query_params.get("session_id")
    conditions = [living, *query.filters(request, table, archives=False)]
    if session_id is not None:
        conditions.append(table.c.session_id == session_id)
    return await listed(request, files, shown, *conditions, maximum=MAX_PAGE)


async def retrieve(request: Request) -> Response:
    return answer(shown(await reading(request, lambda connection: _mine(connection, request))))


async def content(request: Request) -> Response:
    """GET /v1/files/{id}/content: the bytes, as an attachment; ranges and conditions are understood."""
    file = await reading(request, lambda connection: _mine(connection, request))
    place = room.blob(file.columns["sha256"])
    if not await run_in_threadpool(place.is_file):
        raise not_found("content of the file", file.id)
    headers = {
        "content-disposition": attachment(file.body["filename"]),
        "etag": f'"{file.columns["sha256"]}"',
        "x-content-type-options": "nosniff",
    }
    return FileResponse(place, headers=headers, media_type=file.body["media_type"])


async def delete(request: Request) -> Response:
    file_id = request.path_params["file_id"]

    def work() -> None:
        with room.changing:
            with services(request).store.write() as connection:
                file = required(connection, files, file_id, "file", lock=True)
                files.delete(connection, files.table.c.id == file_id)
            with services(request).store.read() as connection:
                room.drop_unused(connection, [file.columns["sha256"]])

    await run_in_threadpool(work)
    return answer({"id": file_id, "type": "file_deleted"})


def attachment(filename: str) -> str:
    """A Content-Disposition that saves under this name and shows nothing in a browser."""
    return f"attachment; filename*=UTF-8''{quote(filename, safe='')}"


def _mine(connection: Connection, request: Request) -> Document:
    file = required(connection, files, request.path_params["file_id"], "file")
    expires_at = file.columns["expires_at"]
    if expires_at is not None and expires_at <= clock.now():
        raise not_found("file", file.id, code="file_expired")
    return file


def shown(file: Document) -> dict[str, Any]:
    columns, media_type = file.columns, file.body["media_type"]
    session_id = columns["session_id"]
    return {
        "id": file.id,
        "type": "file",
        "filename": file.body["filename"],
        "mime_type": media_type,
        "media_type": media_type,
        "size_bytes": columns["size_bytes"],
        "downloadable": file.body["downloadable"],
        "scope": None if session_id is None else {"type": "session", "id": session_id},
        "scope_id": session_id,
        "created_at": clock.iso(file.created_at),
        "expires_at": clock.iso_or_none(columns["expires_at"]),
    }


def routes() -> list[ApiRoute]:
    return [
        managed("/files", upload, "POST"),
        managed("/files", listing, "GET"),
        managed("/files/{file_id}", retrieve, "GET"),
        managed("/files/{file_id}/content", content, "GET", "HEAD"),
        managed("/files/{file_id}", delete, "DELETE"),
    ]
