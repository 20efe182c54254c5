"""/v1/skills and their versions. Uploads come as the SDK's multipart, as a zip, or as JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query, uploads
from omar_daemon.managed_api.answers import answer, created
from omar_daemon.managed_api.errors import bad, conflict, not_found
from omar_daemon.managed_api.fields import Body, read_body
from omar_daemon.managed_api.files import attachment
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import listed, reading, required
from omar_daemon.routing import ApiRoute
from omar_daemon.services import services
from omar_daemon.store.managed import clock
from omar_daemon.store.managed import files as file_room
from omar_daemon.store.managed import skills as room
from omar_daemon.store.managed.agents import agents
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.sessions import sessions
from omar_daemon.store.managed.skill_archives import MAX_BYTES, Bundle, NotASkill, bundle, unpacked
from omar_daemon.store.managed.skills import skills, versions


class SkillFile(Body):
    filename: str
    content: str
    encoding: Literal["utf8", "utf-8", "base64"] = "utf8"


class SkillCreate(Body):
    """POST /v1/skills as JSON."""

    files: Annotated[list[SkillFile], Field(min_length=1, max_length=500)]
    display_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    display_title: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    name: str | None = None


async def create(request: Request) -> Response:
    """201 with the skill; its name comes from SKILL.md unless `display_name` is given."""
    display_name, checked = await _uploaded(request)
    skill = await run_in_threadpool(_insert, request, display_name or checked.name, checked)
    return created(shown(skill))


async def _uploaded(request: Request) -> tuple[str | None, Bundle]:
    try:
        return await (_from_form(request) if uploads.is_form(request) else _from_json(request))
    except NotASkill as error:
        raise bad(str(error)) from None


async def _from_json(request: Request) -> tuple[str | None, Bundle]:
    sent = await read_body(request, SkillCreate, limit=2 * MAX_BYTES)
    try:
        files = [(file.filename, _content(file)) for file in sent.files]
    except (binascii.Error, ValueError):
        raise bad("files: a content is not valid base64 or text.") from None
    return sent.display_name or sent.display_title, await run_in_threadpool(bundle, files)


async def _from_form(request: Request) -> tuple[str | None, Bundle]:
    form = await uploads.read_form(request, MAX_BYTES)
    try:
        display_name = uploads.text_field(form, "display_name", "display_title")
        archives = uploads.file_fields(form, "file")
        if archives:
            files = await run_in_threadpool(unpacked, await archives[0].read())
        else:
            found = uploads.file_fields(form, "files[]", "files")
            files = [(file.filename or "", await file.read()) for file in found]
        if len(files) == 1 and files[0][0].lower().endswith(".zip"):
            files = await run_in_threadpool(unpacked, files[0][1])
        return display_name, await run_in_threadpool(bundle, files)
    finally:
        await form.close()


def _content(file: SkillFile) -> bytes:
    return base64.b64decode(file.content, validate=True) if file.encoding == "base64" else file.content.encode()


def _insert(request: Request, display_name: str, checked: Bundle) -> Document:
    with file_room.changing:
        sha256, _ = file_room.store_bytes(checked.archive)
        with services(request).store.write() as connection:
            skill = skills.insert(connection, {"display_name": display_name, "latest": ""}, source="custom")
            version = _insert_version(connection, skill, checked, sha256)
            return skills.change(connection, skill, {**skill.body, "latest": version.id})


def _insert_version(connection: Connection, skill: Document, checked: Bundle, sha256: str) -> Document:
    body = {"name": checked.name, "description": checked.description}
    return versions.insert(connection, body, skill_id=skill.id, sha256=sha256)


async def listing(request: Request) -> Response:
    """`source=custom` or `anthropic`; only custom ones live here."""
    table = skills.table
    source = request.query_params.get("source")
    conditions = query.filters(request, table, archives=False)
    if source:
        conditions.append(table.c.source == source)
    return await listed(request, skills, shown, *conditions)


async def retrieve(request: Request) -> Response:
    return answer(shown(await reading(request, lambda connection: _mine(connection, request))))


async def delete(request: Request) -> Response:
    """With all versions; 409 while an agent or a session that is not archived uses it."""

    def work(connection: Connection) -> list[str]:
        skill = _mine(connection, request, lock=True)
        user = _user(connection, skill.id)
        if user is not None:
            raise conflict(f"{user} uses the skill; change or archive it first.")
        mine = versions.table.c.skill_id == skill.id
        blobs = [version.columns["sha256"] for version in versions.select(connection, mine)]
        versions.delete(connection, mine)
        skills.delete(connection, skills.table.c.id == skill.id)
        return blobs

    await _dropping_blobs(request, work)
    return answer({"id": request.path_params["skill_id"], "type": "skill_deleted"})


def _user(connection: Connection, skill_id: str) -> str | None:
    """The id of an agent or a session that would miss the skill."""
    for documents in (agents, sessions):
        table = documents.table
        for found in documents.select(connection, table.c.archived_at.is_(None), table.c.body.contains(skill_id)):
            agent = found.body.get("agent", found.body)
            if any(used["skill_id"] == skill_id for used in agent["skills"]):
                return found.id
    return None


async def _dropping_blobs(request: Request, work: Callable[[Connection], list[str]]) -> None:
    """`work` in one transaction; then the blobs it no longer needs go, unless another row names them."""

    def run() -> None:
        store = services(request).store
        with file_room.changing:
            with store.write() as connection:
                blobs = work(connection)
            with store.read() as connection:
                file_room.drop_unused(connection, blobs)

    await run_in_threadpool(run)


async def create_version(request: Request) -> Response:
    """201; it is the newest one now."""
    _, checked = await _uploaded(request)

    def work() -> Document:
        with file_room.changing:
            sha256, _ = file_room.store_bytes(checked.archive)
            with services(request).store.write() as connection:
                skill = _mine(connection, request, lock=True)
                version = _insert_version(connection, skill, checked, sha256)
                skills.change(connection, skill, {**skill.body, "latest": version.id})
                return version

    return created(version_shown(await run_in_threadpool(work)))


async def list_versions(request: Request) -> Response:
    mine = versions.table.c.skill_id == request.path_params["skill_id"]
    return await listed(request, versions, version_shown, mine, owner=_mine)


async def retrieve_version(request: Request) -> Response:
    """`latest` is the newest version."""
    return answer(version_shown(await reading(request, lambda connection: _version(connection, request))))


async def delete_version(request: Request) -> Response:
    """400 for the last one: delete the skill instead."""

    deleted: list[str] = []

    def work(connection: Connection) -> list[str]:
        skill = _mine(connection, request, lock=True)
        version = _version(connection, request)
        others = [v for v in versions.select(connection, versions.table.c.skill_id == skill.id) if v.id != version.id]
        if not others:
            raise bad("This is the skill's last version; delete the skill instead.")
        versions.delete(connection, versions.table.c.id == version.id)
        skills.change(connection, skill, {**skill.body, "latest": others[0].id})
        deleted.append(version.id)
        return [version.columns["sha256"]]

    await _dropping_blobs(request, work)
    return answer({"id": deleted[0], "type": "skill_version_deleted"})


async def download(request: Request) -> Response:
    """GET …/versions/{v}/content: the files as a zip archive with one folder."""
    version = await reading(request, lambda connection: _version(connection, request))
    content = await run_in_threadpool(file_room.blob(version.columns["sha256"]).read_bytes)
    headers = {"content-disposition": attachment(f"{version.body['name']}.zip")}
    return Response(content, headers=headers, media_type="application/zip")


def _mine(connection: Connection, request: Request, *, lock: bool = False) -> Document:
    return required(connection, skills, request.path_params["skill_id"], "skill", lock=lock)


def _version(connection: Connection, request: Request) -> Document:
    name = request.path_params["version"]
    found = room.version(connection, request.path_params["skill_id"], name)
    if found is None:
        raise not_found("skill version", name)
    return found


def shown(skill: Document) -> dict[str, Any]:
    """Both the SDK's names and the older ones (`display_title`, `latest_version`)."""
    display_name, latest = skill.body["display_name"], skill.body["latest"]
    return {
        "id": skill.id,
        "type": "skill",
        "display_name": display_name,
        "display_title": display_name,
        "latest_version_id": latest,
        "latest_version": latest,
        "source": {"type": skill.columns["source"]},
        "created_at": clock.iso(skill.created_at),
        "updated_at": clock.iso(skill.updated_at),
    }


def version_shown(version: Document) -> dict[str, Any]:
    return {
        "id": version.id,
        "type": "skill_version",
        "version": version.id,
        "skill_id": version.columns["skill_id"],
        **version.body,
        "created_at": clock.iso(version.created_at),
    }


def routes() -> list[ApiRoute]:
    one = "/skills/{skill_id}/versions/{version}"
    return [
        managed("/skills", create, "POST"),
        managed("/skills/upload", create, "POST"),
        managed("/skills", listing, "GET"),
        managed("/skills/{skill_id}", retrieve, "GET"),
        managed("/skills/{skill_id}", delete, "DELETE"),
        managed("/skills/{skill_id}/versions", create_version, "POST"),
        managed("/skills/{skill_id}/versions/upload", create_version, "POST"),
        managed("/skills/{skill_id}/versions", list_versions, "GET"),
        managed(one, retrieve_version, "GET"),
        managed(one, delete_version, "DELETE"),
        managed(one + "/content", download, "GET"),
    ]
