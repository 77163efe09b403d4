"""Customers, addresses, conversations, messages, inbox and outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(32)
TIME = sa.DateTime(timezone=True)
OPEN = sa.text("status <> 'closed'")


def upgrade() -> None:
    _people()
    _conversation()
    _message()
    _inbox()
    _outbox()


def downgrade() -> None:
    for table in ("outbox", "inbox", "message", "conversation", "address", "customer"):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "customer",
        sa.Column("id", ID),
        sa.Column("name", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
    )
    op.create_table(
        "address",
        sa.Column("id", ID),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("locale", sa.String(35)),
        sa.Column("reachable", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_address_customer_id"),
        sa.UniqueConstraint(
            "channel", "account", "external_id", name="uq_address_channel_account_external_id"
        ),
    )
    op.create_index("ix_address_customer_id", "address", ["customer_id"])


def _conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", ID),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
        sa.Column("language", sa.String(8)),
        sa.Column("dialogue", sa.Text),
        sa.Column("last_seq", sa.Integer, nullable=False, server_default="0"),
        sa.Column("seen_seq", sa.Integer, nullable=False, server_default="0"),
        sa.Column("troubled_at", TIME),
        sa.Column("rating", sa.Integer),
        sa.Column("rating_comment", sa.Text),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_conversation_customer_id"),
    )
    op.create_index("ix_conversation_customer_id", "conversation", ["customer_id"])
    op.create_index(
        "uq_conversation_open",
        "conversation",
        ["customer_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", ID),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("author_kind", sa.String(16), nullable=False),
        sa.Column("author_name", sa.Text, nullable=False, server_default=""),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("buttons", sa.Text),
        sa.Column("payload", sa.Text),
        sa.Column("address_id", ID),
        sa.Column("answers", ID),
        sa.Column("sent_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_message_conversation_id"),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name="fk_message_address_id"),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_message_conversation_id_seq"),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", SERIAL),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("conversation_id", ID),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("starts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("done_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("channel", "account", "event_id", name="uq_inbox_channel_account_event_id"),
    )
    _index("inbox", "ix_inbox_waiting", ["conversation_id", "id"], "status = 'waiting'")
    _index("inbox", "ix_inbox_unfinished", ["status"], "status <> 'done'")


def _index(table: str, name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", SERIAL),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("address_id", ID, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("provider_id", sa.Text),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_outbox_message_id"),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name="fk_outbox_address_id"),
        sa.UniqueConstraint("message_id", name="uq_outbox_message_id"),
    )
    _index("outbox", "ix_outbox_waiting", ["address_id", "id"], "status = 'waiting'")
    _index("outbox", "ix_outbox_unsent", ["status"], "status <> 'sent'")
