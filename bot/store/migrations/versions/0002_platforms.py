"""Raw updates of platforms, changes of messages, attachments, and the place of a message."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(32)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("message", sa.Column("place", sa.Text, nullable=False, server_default=""))
    op.add_column("message", sa.Column("edited_at", TIME))
    op.add_column("message", sa.Column("deleted_at", TIME))
    _platform_update()
    _revision()
    _attachment()


def downgrade() -> None:
    for table in ("attachment", "revision", "poller", "platform_update"):
        op.drop_table(table)
    with op.batch_alter_table("message") as batch:
        for column in ("deleted_at", "edited_at", "place"):
            batch.drop_column(column)


def _platform_update() -> None:
    op.create_table(
        "platform_update",
        sa.Column("id", SERIAL),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("done_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_platform_update"),
        sa.UniqueConstraint(
            "channel", "account", "event_id", name="uq_platform_update_channel_account_event_id"
        ),
    )
    unfinished = sa.text("status <> 'done'")
    op.create_index(
        "ix_platform_update_unfinished",
        "platform_update",
        ["status", "channel", "account", "id"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    op.create_table(
        "poller",
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", name="pk_poller"),
    )


def _revision() -> None:
    op.create_table(
        "revision",
        sa.Column("id", SERIAL),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("of_event_id", sa.Text, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("channel", "account", "event_id", name="uq_revision_channel_account_event_id"),
    )
    op.create_index("ix_revision_of", "revision", ["channel", "account", "of_event_id"])


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", ID),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False, server_default=""),
        sa.Column("mime", sa.Text, nullable=False, server_default=""),
        sa.Column("size", sa.BigInteger),
        sa.Column("sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("preview", sa.String(64), nullable=False, server_default=""),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("remote_id", sa.Text, nullable=False, server_default=""),
        sa.Column("caption", sa.Text, nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_attachment_message_id"),
        sa.UniqueConstraint("message_id", "position", name="uq_attachment_message_id_position"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_attachment_waiting",
        "attachment",
        ["next_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
