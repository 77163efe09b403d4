"""The tables of the store. Times are UTC; ids are opaque text; the migrations build exactly this."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite numbers rows by itself only for a column that is exactly INTEGER.
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Id = sa.String(32)
_Time = sa.DateTime(timezone=True)

customer = sa.Table(
    "customer",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", _Time, nullable=False),
)

address = sa.Table(
    "address",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("customer_id", _Id, sa.ForeignKey("customer.id"), nullable=False, index=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("locale", sa.String(35)),
    sa.Column("reachable", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("created_at", _Time, nullable=False),
    sa.UniqueConstraint("channel", "account", "external_id"),
)

conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("customer_id", _Id, sa.ForeignKey("customer.id"), nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("owner", sa.Text),
    # Raised by every change of owner; a writer with an older number is refused.
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("language", sa.String(8)),
    sa.Column("dialogue", sa.Text),
    # Goes on from the customer's former conversation, so that a widget can count on one line of numbers.
    sa.Column("last_seq", sa.Integer, nullable=False, server_default="0"),
    sa.Column("seen_seq", sa.Integer, nullable=False, server_default="0"),
    # Set when a turn was given up: people must look at it.
    sa.Column("troubled_at", _Time),
    sa.Column("rating", sa.Integer),
    sa.Column("rating_comment", sa.Text),
    sa.Column("opened_at", _Time, nullable=False),
    sa.Column("updated_at", _Time, nullable=False),
    sa.Column("closed_at", _Time),
    sa.Index(
        "uq_conversation_open",
        "customer_id",
        unique=True,
        sqlite_where=sa.text("status <> 'closed'"),
        postgresql_where=sa.text("status <> 'closed'"),
    ),
)

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("author_kind", sa.String(16), nullable=False),
    sa.Column("author_name", sa.Text, nullable=False, server_default=""),
    sa.Column("text", sa.Text, nullable=False),
    # JSON list of {"id", "title", "payload"}.
    sa.Column("buttons", sa.Text),
    # The intent behind a pressed button; only the server writes it.
    sa.Column("payload", sa.Text),
    sa.Column("address_id", _Id, sa.ForeignKey("address.id")),
    # The customer's message whose turn made this one.
    sa.Column("answers", _Id),
    # Where in the address it stands: opaque to all but the channel.
    sa.Column("place", sa.Text, nullable=False, server_default=""),
    sa.Column("sent_at", _Time, nullable=False),
    sa.Column("edited_at", _Time),
    sa.Column("deleted_at", _Time),
    sa.UniqueConstraint("conversation_id", "seq"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", _Serial, primary_key=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("raw", sa.Text, nullable=False),
    sa.Column("conversation_id", _Id),
    sa.Column("message_id", _Id, nullable=False),
    sa.Column("verified", sa.Boolean, nullable=False, server_default=sa.false()),
    # waiting -> done | dead
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("starts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("next_at", _Time, nullable=False),
    sa.Column("received_at", _Time, nullable=False),
    sa.Column("done_at", _Time),
    sa.UniqueConstraint("channel", "account", "event_id"),
    sa.Index(
        "ix_inbox_waiting",
        "conversation_id",
        "id",
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    ),
    sa.Index(
        "ix_inbox_unfinished",
        "status",
        sqlite_where=sa.text("status <> 'done'"),
        postgresql_where=sa.text("status <> 'done'"),
    ),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", _Serial, primary_key=True),
    sa.Column("message_id", _Id, sa.ForeignKey("message.id"), nullable=False, unique=True),
    sa.Column("address_id", _Id, sa.ForeignKey("address.id"), nullable=False),
    # waiting -> sent | dead
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("provider_id", sa.Text),
    sa.Column("next_at", _Time, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("sent_at", _Time),
    sa.Index(
        "ix_outbox_waiting",
        "address_id",
        "id",
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    ),
    sa.Index(
        "ix_outbox_unsent",
        "status",
        sqlite_where=sa.text("status <> 'sent'"),
        postgresql_where=sa.text("status <> 'sent'"),
    ),
)

platform_update = sa.Table(
    "platform_update",
    metadata,
    sa.Column("id", _Serial, primary_key=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    # Emptied when it is done: the inbox keeps what became a message.
    sa.Column("raw", sa.Text, nullable=False),
    # waiting -> done | quarantined
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("received_at", _Time, nullable=False),
    sa.Column("done_at", _Time),
    sa.UniqueConstraint("channel", "account", "event_id"),
    sa.Index(
        "ix_platform_update_unfinished",
        "status",
        "channel",
        "account",
        "id",
        sqlite_where=sa.text("status <> 'done'"),
        postgresql_where=sa.text("status <> 'done'"),
    ),
)

poller = sa.Table(
    "poller",
    metadata,
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    # Up to where a polled platform's updates are stored, in the platform's own numbers.
    sa.Column("position", sa.BigInteger, nullable=False),
)

revision = sa.Table(
    "revision",
    metadata,
    sa.Column("id", _Serial, primary_key=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    # The event that became the message; it may come later than its own change.
    sa.Column("of_event_id", sa.Text, nullable=False),
    # The new text; NULL takes the message back.
    sa.Column("text", sa.Text),
    sa.Column("changed_at", _Time, nullable=False),
    sa.UniqueConstraint("channel", "account", "event_id"),
    sa.Index("ix_revision_of", "channel", "account", "of_event_id"),
)

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("message_id", _Id, sa.ForeignKey("message.id"), nullable=False),
    # Its place among the message's attachments, from 0.
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("mime", sa.Text, nullable=False, server_default=""),
    sa.Column("size", sa.BigInteger),
    sa.Column("sha256", sa.String(64), nullable=False, server_default=""),
    sa.Column("preview", sa.String(64), nullable=False, server_default=""),
    # waiting -> stored | refused | infected | failed
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("remote_id", sa.Text, nullable=False, server_default=""),
    sa.Column("caption", sa.Text, nullable=False, server_default=""),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", _Time, nullable=False),
    sa.UniqueConstraint("message_id", "position"),
    sa.Index(
        "ix_attachment_waiting",
        "next_at",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
    # JSON: what else the platform told when it was installed.
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("installed_at", _Time, nullable=False),
)

install_state = sa.Table(
    "install_state",
    metadata,
    # Only the digest: who can read this table cannot finish somebody's installation.
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("expires_at", _Time, nullable=False),
)
