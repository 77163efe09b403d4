"""Insert unless it is there: the one statement that SQLite and PostgreSQL spell in their own dialects."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_new(tx: AsyncConnection, table: sa.Table, **values: Any) -> bool:
    """Insert a row; False, with nothing changed, if a unique constraint says it is there already.

    A concurrent transaction inserting the same key is waited for, so the answer is final.
    """
    dialect: Any = sqlite if tx.dialect.name == "sqlite" else postgresql
    result = await tx.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
    return bool(result.rowcount == 1)
