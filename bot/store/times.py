"""Moments as databases give them."""

from __future__ import annotations

from datetime import datetime, timezone


def utc(moment: datetime) -> datetime:
    """The moment with its time zone: SQLite keeps UTC but forgets to say so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
