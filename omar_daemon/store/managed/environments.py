"""Environments: where an agent's tools run. The name is not unique."""

from __future__ import annotations

from sqlalchemy import Column, String

from omar_daemon.store.managed.documents import Documents

environments = Documents("environments", "env", Column("name", String(256), nullable=False))
