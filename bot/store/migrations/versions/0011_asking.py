"""Talks that are over, drawn for a question or not; answers about loyalty; one setting for how often is asked."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.String(32)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _ended_talk()
    _loyalty_answer()
    _move_days("rating", "asking")


def downgrade() -> None:
    op.drop_table("loyalty_answer")
    op.drop_table("ended_talk")
    _move_days("asking", "rating")
    op.execute("DELETE FROM site_setting WHERE name = 'asking'")


def _ended_talk() -> None:
    op.create_table(
        "ended_talk",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("agent", ID, nullable=False),
        sa.Column("intent", sa.String(64)),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("hour", sa.String(2), nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("mood", sa.Float),
        sa.Column("chance", sa.Float, nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("message_id", ID),
        sa.Column("asked_at", TIME),
        sa.Column("answered_at", TIME),
        sa.Column("rating", sa.Integer),
        sa.Column("visit", sa.Integer, nullable=False),
        sa.Column("pauses", sa.Float, nullable=False),
        sa.Column("longest_pause", sa.Float, nullable=False),
        sa.Column("next_pause", sa.Float),
        sa.Column("came_back", sa.String(8)),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_ended_talk_conversation_id"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_ended_talk_customer_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_ended_talk_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ended_talk"),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_ended_talk_conversation_id_seq"),
    )
    op.create_index("ix_ended_talk_began", "ended_talk", ["began_at"])
    op.create_index("ix_ended_talk_customer", "ended_talk", ["customer_id", "visit"])
    last = sa.text("next_pause IS NULL")
    op.create_index(
        "ix_ended_talk_last", "ended_talk", ["ended_at", "visit"], sqlite_where=last, postgresql_where=last
    )


def _loyalty_answer() -> None:
    op.create_table(
        "loyalty_answer",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("talk_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("question", sa.String(16), nullable=False),
        sa.Column("chance", sa.Float, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("answered_at", TIME),
        sa.Column("value", sa.Integer),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_loyalty_answer_conversation_id"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_loyalty_answer_customer_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_loyalty_answer_message_id"),
        sa.ForeignKeyConstraint(["talk_id"], ["ended_talk.id"], name="fk_loyalty_answer_talk_id"),
        sa.PrimaryKeyConstraint("id", name="pk_loyalty_answer"),
        sa.UniqueConstraint("customer_id", "month", name="uq_loyalty_answer_customer_id_month"),
    )
    op.create_index("ix_loyalty_answer_asked", "loyalty_answer", ["asked_at"])


def _move_days(source: str, target: str) -> None:
    """Let a site's number of days stand in the other setting."""
    tx = op.get_bind()
    setting = sa.table(
        "site_setting", *map(sa.column, ("name", "value", "version", "changed_by", "changed_at"))
    )
    row = tx.execute(sa.select(setting).where(setting.c.name == source)).first()
    if row is None or "days" not in (held := json.loads(row.value)):
        return
    days = held.pop("days")
    tx.execute(sa.update(setting).where(setting.c.name == source).values(value=json.dumps(held)))
    there = tx.execute(sa.select(setting.c.value).where(setting.c.name == target)).scalar()
    if there is not None:
        moved = json.dumps({**json.loads(there), "days": days})
        tx.execute(sa.update(setting).where(setting.c.name == target).values(value=moved))
        return
    moved = json.dumps({"days": days})
    tx.execute(
        sa.insert(setting).values(
            name=target, value=moved, version=1, changed_by=row.changed_by, changed_at=row.changed_at
        )
    )
