"""Insert unless it is there: spelled alike by SQLite and PostgreSQL, but not by SQLAlchemy's common language."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def insert_new(tx: Connection, table: sa.Table, **values: Any) -> bool:
    """Insert a row; False, with nothing changed, if a unique constraint says it is there already.

    A concurrent transaction inserting the same key is waited for, so the answer is final.
    """
    return bool(tx.execute(_statement(table, tuple(values)), values).rowcount == 1)


@lru_cache(maxsize=100)
def _statement(table: sa.Table, columns: tuple[str, ...]) -> Any:
    names = ", ".join(columns)
    places = ", ".join(f":{column}" for column in columns)
    text = sa.text(f"INSERT INTO {table.name} ({names}) VALUES ({places}) ON CONFLICT DO NOTHING")
    return text.bindparams(*(sa.bindparam(column, type_=table.c[column].type) for column in columns))
