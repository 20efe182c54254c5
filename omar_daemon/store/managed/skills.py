"""Skills and their versions. The files of a version are one zip archive among the blobs."""

from __future__ import annotations

from sqlalchemy import Column, Connection, String

from omar_daemon.store.managed.documents import Document, Documents

skills = Documents("skills", "skill", Column("source", String(32), nullable=False))
versions = Documents(
    "skill_versions",
    "skillver",
    Column("skill_id", String(64), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
)


def version(connection: Connection, skill_id: str, name: str) -> Document | None:
    """The version with this id; `latest` is the newest one."""
    if name == "latest":
        newest = versions.select(connection, versions.table.c.skill_id == skill_id)
        return newest[0] if newest else None
    found = versions.get(connection, name)
    return found if found is not None and found.columns["skill_id"] == skill_id else None
