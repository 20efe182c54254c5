"""Statements of the hot paths: built by SQLAlchemy once, then run on the driver's own cursor.

An execution by SQLAlchemy costs ten times what SQLite needs for a row; where one request runs four of them, that is
a third of the request. Only for statements whose values and columns the driver takes and gives as they are: texts
and whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

Row = tuple[Any, ...]


class Prepared:
    """One statement with named parameters, for every kind of database it is run on."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, SQLCompiler] = {}

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Row]:
        """What it finds or returns. Errors are SQLAlchemy's, as from `Connection.execute`."""
        return self._run(connection, [parameters])

    def many(self, connection: Connection, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each, as for the rows of an insert."""
        self._run(connection, parameters)

    def _run(self, connection: Connection, parameters: Sequence[Mapping[str, Any]]) -> list[Row]:
        compiled = self._for(connection.dialect)
        names = compiled.positiontup
        cursor = connection.connection.cursor()
        try:
            for given in parameters:
                cursor.execute(compiled.string, given if names is None else [given[name] for name in names])
            return list(cursor.fetchall()) if cursor.description else []
        except connection.dialect.loaded_dbapi.Error as error:
            raise _wrapped(connection.dialect, compiled.string, error) from error
        finally:
            cursor.close()

    def _for(self, dialect: Dialect) -> SQLCompiler:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            made = self._statement.compile(dialect=dialect)
            assert isinstance(made, SQLCompiler)
            compiled = self._compiled[dialect.name] = made
        return compiled


def _wrapped(dialect: Dialect, statement: str, error: Exception) -> BaseException:
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(statement, None, error, base, hide_parameters=True, dialect=dialect)
