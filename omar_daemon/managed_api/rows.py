"""Running the blocking part of a handler in a thread, and fetching rows that must be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import page_answer
from omar_daemon.managed_api.errors import bad, conflict, not_found
from omar_daemon.services import services
from omar_daemon.store.managed.documents import Document, Documents, PageOfDocuments

Result = TypeVar("Result")


async def reading(request: Request, work: Callable[[Connection], Result]) -> Result:
    """`work` with a reading connection, off the event loop."""
    store = services(request).store

    def run() -> Result:
        with store.read() as connection:
            return work(connection)

    return await run_in_threadpool(run)


async def writing(request: Request, work: Callable[[Connection], Result]) -> Result:
    """`work` in one transaction, off the event loop."""
    store = services(request).store

    def run() -> Result:
        try:
            with store.write() as connection:
                return work(connection)
        except IntegrityError:
            # Two writers that both saw the name free: PostgreSQL lets them work side by side.
            raise conflict("Another request took the name at the same moment.") from None

    return await run_in_threadpool(run)


async def listed(
    request: Request,
    documents: Documents,
    shown: Callable[[Document], Any],
    *conditions: ColumnElement[bool],
    owner: Callable[[Connection, Request], Any] | None = None,
    maximum: int = query.MAX_LIMIT,
) -> Response:
    """The answer of a list: one page of the rows for which the conditions hold. `owner` raises when it is not there."""
    page = query.page(request, maximum=maximum)

    def work(connection: Connection) -> PageOfDocuments:
        if owner is not None:
            owner(connection, request)
        return documents.page(connection, page, *conditions)

    found = await reading(request, work)
    return page_answer([shown(row) for row in found.rows], query.neighbours(found)[0])


def living(
    connection: Connection, documents: Documents, document_id: str, what: str, *, code: str | None = None
) -> Document:
    """The row, locked; 404 when it is not there, 400 when it is archived."""
    found = required(connection, documents, document_id, what, lock=True)
    if found.archived_at is not None:
        raise bad(f"The {what} is archived and cannot be changed.", code=code)
    return found


def required(
    connection: Connection,
    documents: Documents,
    document_id: str,
    what: str,
    *,
    lock: bool = False,
    code: str | None = None,
) -> Document:
    """The row, or 404."""
    found = documents.get(connection, document_id, lock=lock)
    if found is None:
        raise not_found(what, document_id, code=code)
    return found
