"""How customers felt, message by message, and the way of these signals to other programs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.String(32)
TIME = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _signal()
    _signal_event()


def downgrade() -> None:
    op.drop_table("signal_event")
    op.drop_table("signal")


def _signal() -> None:
    op.create_table(
        "signal",
        sa.Column("id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("intent", sa.String(64)),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("valence", sa.Float, nullable=False),
        sa.Column("emotion", sa.String(16), nullable=False),
        sa.Column("emotions", sa.Text, nullable=False),
        sa.Column("weak", sa.Boolean, nullable=False),
        sa.Column("said_at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=False),
        sa.Column("superseded_at", TIME),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_signal_conversation_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_signal_customer_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_signal_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_signal"),
        sa.UniqueConstraint("message_id", "model", name="uq_signal_message_id_model"),
    )
    op.create_index("ix_signal_conversation", "signal", ["conversation_id", "seq"])
    op.create_index("ix_signal_customer", "signal", ["customer_id", "said_at"])
    op.create_index("ix_signal_said", "signal", ["said_at"])


def _signal_event() -> None:
    op.create_table(
        "signal_event",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("sink", sa.String(16), nullable=False),
        sa.Column("signal_id", ID, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_signal_event"),
        sa.UniqueConstraint("sink", "signal_id", name="uq_signal_event_sink_signal_id"),
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index(
        "ix_signal_event_waiting",
        "signal_event",
        ["sink", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
