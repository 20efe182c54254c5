"""Vaults and their credentials. What is secret lies in `sealed` only; the body may be shown to anybody."""

from __future__ import annotations

from sqlalchemy import Column, Connection, String, Text

from omar_daemon.store.managed.documents import Document, Documents

PURPOSE = "credential"
"""What a credential's secret is sealed for (`secrets.seal`)."""

vaults = Documents("vaults", "vlt")
credentials = Documents(
    "credentials",
    "cred",
    Column("vault_id", String(64), nullable=False, index=True),
    Column("address", String(2048)),
    Column("sealed", Text, nullable=False),
)
"""`address` is the MCP server's URL, or the variable's name: at most one living credential of a vault has it."""


def of_vault(connection: Connection, vault_id: str) -> list[Document]:
    """The living credentials of a vault, newest first."""
    table = credentials.table
    return credentials.select(connection, table.c.vault_id == vault_id, table.c.archived_at.is_(None))
