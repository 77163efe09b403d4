"""Alerts to supervisors, their way out of the console, and the falls of past hours that spikes are judged by."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(32)
TIME = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _alert()
    _alert_delivery()
    op.create_table(
        "fall_hour",
        sa.Column("begins_at", TIME, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("begins_at", name="pk_fall_hour"),
    )


def downgrade() -> None:
    op.drop_table("fall_hour")
    op.drop_table("alert_delivery")
    op.drop_table("alert")


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("conversation_id", ID),
        sa.Column("window_from", TIME),
        sa.Column("window_until", TIME),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("acknowledged_by", ID),
        sa.Column("acknowledged_at", TIME),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["agent.id"], name="fk_alert_acknowledged_by"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_alert_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("subject", name="uq_alert_subject"),
    )
    op.create_index("ix_alert_conversation_id", "alert", ["conversation_id"])
    unseen = sa.text("acknowledged_at IS NULL")
    op.create_index("ix_alert_open", "alert", ["id"], sqlite_where=unseen, postgresql_where=unseen)


def _alert_delivery() -> None:
    op.create_table(
        "alert_delivery",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("alert_id", SERIAL, nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_alert_delivery_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_delivery"),
        sa.UniqueConstraint("alert_id", "way", "receiver", name="uq_alert_delivery_alert_id_way_receiver"),
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index(
        "ix_alert_delivery_waiting",
        "alert_delivery",
        ["next_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
