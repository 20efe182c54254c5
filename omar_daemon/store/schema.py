"""The one schema of the daemon's database. Each room of the store adds its tables to `metadata`.

Both SQLite and PostgreSQL are served, so nothing here or in the rooms is particular to one of them.
"""

from __future__ import annotations

import sqlalchemy

metadata = sqlalchemy.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
