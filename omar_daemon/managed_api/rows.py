"""Running the blocking part of a handler in a thread, and fetching rows that must be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from omar_daemon.managed_api.errors import conflict, not_found
from omar_daemon.services import services
from omar_daemon.store.managed.documents import Document, Documents

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
