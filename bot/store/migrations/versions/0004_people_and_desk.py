"""People, their sessions and rights; handoffs, notes, canned answers; webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(32)
TIME = sa.DateTime(timezone=True)

TABLES = (
    "webhook_delivery",
    "webhook",
    "canned",
    "held_reply",
    "mention",
    "happening",
    "handoff",
    "site_setting",
    "audit_head",
    "audit",
    "api_token",
    "login_failure",
    "invitation",
    "agent_session",
    "agent_team",
    "team",
    "agent",
)
COLUMNS = {
    "conversation": ("read_seq", "snoozed_until", "outcome"),
    "customer": ("email", "blocked_at", "asked_at"),
    "message": ("agent_id",),
}


def upgrade() -> None:
    _columns()
    _people()
    _access()
    _desk()
    _webhooks()


def downgrade() -> None:
    op.drop_index("ix_conversation_desk", "conversation")
    op.drop_index("ix_customer_blocked", "customer")
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")
    for table, columns in COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)


def _columns() -> None:
    op.add_column("conversation", sa.Column("read_seq", sa.Integer, server_default="0", nullable=False))
    op.add_column("conversation", sa.Column("snoozed_until", TIME))
    op.add_column("conversation", sa.Column("outcome", sa.String(16)))
    op.add_column("customer", sa.Column("email", sa.Text, server_default="", nullable=False))
    op.add_column("customer", sa.Column("blocked_at", TIME))
    op.add_column("customer", sa.Column("asked_at", TIME))
    op.add_column("message", sa.Column("agent_id", ID))
    op.create_index(
        "ix_customer_blocked",
        "customer",
        ["id"],
        sqlite_where=sa.text("blocked_at IS NOT NULL"),
        postgresql_where=sa.text("blocked_at IS NOT NULL"),
    )
    op.create_index(
        "ix_conversation_desk",
        "conversation",
        ["status", "updated_at", "id"],
        sqlite_where=sa.text("status <> 'closed'"),
        postgresql_where=sa.text("status <> 'closed'"),
    )


def _people() -> None:
    op.create_table(
        "agent",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("totp_secret", sa.Text),
        sa.Column("totp_pending", sa.Text),
        sa.Column("totp_step", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("languages", sa.Text, server_default="[]", nullable=False),
        sa.Column("capacity", sa.Integer, server_default="4", nullable=False),
        sa.Column("locale", sa.String(8), server_default="en", nullable=False),
        sa.Column("presence", sa.String(16), server_default="offline", nullable=False),
        sa.Column("present_at", TIME),
        sa.Column("generation", sa.Integer, server_default="0", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_agent"),
        sa.UniqueConstraint("email", name="uq_agent_email"),
    )
    op.create_table(
        "team",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("intents", sa.Text, server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_team"),
        sa.UniqueConstraint("name", name="uq_team_name"),
    )
    op.create_table(
        "agent_team",
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("team_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_agent_team_agent_id"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_agent_team_team_id"),
        sa.PrimaryKeyConstraint("agent_id", "team_id", name="pk_agent_team"),
    )


def _append_only() -> None:
    """Let the database itself refuse to change or remove rows of the audit log."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{event.lower()} BEFORE {event} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )


def _access() -> None:
    op.create_table(
        "audit",
        sa.Column("id", SERIAL, autoincrement=False, nullable=False),
        sa.Column("at", ID, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, server_default="", nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_action", "audit", ["action"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last_id", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.execute(f"INSERT INTO audit_head (id, last_id, hash) VALUES (1, 0, '{'0' * 64}')")
    _append_only()
    op.create_table(
        "login_failure",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_failure"),
    )
    op.create_index("ix_login_failure_subject", "login_failure", ["subject", "at"])
    op.create_table(
        "site_setting",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_site_setting"),
    )
    op.create_table(
        "agent_session",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ip", sa.Text, server_default="", nullable=False),
        sa.Column("browser", sa.Text, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_agent_session_agent_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_agent_session"),
    )
    op.create_index("ix_agent_session_agent_id", "agent_session", ["agent_id"])
    op.create_table(
        "api_token",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("used_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_api_token_agent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("digest", name="uq_api_token_digest"),
    )
    op.create_index("ix_api_token_agent_id", "api_token", ["agent_id"])
    op.create_table(
        "invitation",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_invitation_agent_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_invitation"),
    )
    op.create_index("ix_invitation_agent_id", "invitation", ["agent_id"])


def _desk() -> None:
    op.create_table(
        "canned",
        sa.Column("id", ID, nullable=False),
        sa.Column("shortcut", ID, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_canned"),
        sa.UniqueConstraint("shortcut", "language", name="uq_canned_shortcut_language"),
    )
    op.create_table(
        "handoff",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("reason", ID, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("anger", sa.Float, server_default="0", nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("team_id", ID),
        sa.Column("wanted_agent_id", ID),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("told_low", sa.Integer),
        sa.Column("told_high", sa.Integer),
        sa.Column("told_kind", sa.String(16)),
        sa.Column("told_at", TIME),
        sa.Column("told_until", TIME),
        sa.Column("place", sa.Integer),
        sa.Column("wait_low", sa.Integer),
        sa.Column("wait_high", sa.Integer),
        sa.Column("offered_to", ID),
        sa.Column("offered_until", TIME),
        sa.Column("passed_by", sa.Text, server_default="[]", nullable=False),
        sa.Column("later_at", TIME),
        sa.Column("taken_by", ID),
        sa.Column("taken_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("end", sa.String(16)),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_handoff_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_handoff"),
    )
    op.create_index("ix_handoff_conversation_id", "handoff", ["conversation_id"])
    op.create_index(
        "ix_handoff_offered_to",
        "handoff",
        ["offered_to"],
        sqlite_where=sa.text("offered_to IS NOT NULL"),
        postgresql_where=sa.text("offered_to IS NOT NULL"),
    )
    op.create_index("ix_handoff_taken_by", "handoff", ["taken_by", "ended_at"])
    op.create_index("ix_handoff_taken_at", "handoff", ["taken_at"])
    op.create_index("ix_handoff_queued_at", "handoff", ["queued_at"])
    op.create_index(
        "uq_handoff_open",
        "handoff",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "happening",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("after_seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_happening_conversation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_happening"),
    )
    op.create_index("ix_happening_conversation", "happening", ["conversation_id", "id"])
    op.create_index("ix_happening_actor", "happening", ["actor", "id"])
    op.create_table(
        "held_reply",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("message_id", ID),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_held_reply_agent_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_held_reply_conversation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_held_reply"),
        sa.UniqueConstraint("agent_id", "client_id", name="uq_held_reply_agent_id_client_id"),
    )
    op.create_index("ix_held_reply_conversation_id", "held_reply", ["conversation_id"])
    op.create_index("ix_held_reply_due_at", "held_reply", ["due_at"])
    op.create_table(
        "mention",
        sa.Column("happening_id", SERIAL, nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("read_at", TIME),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_mention_agent_id"),
        sa.ForeignKeyConstraint(["happening_id"], ["happening.id"], name="fk_mention_happening_id"),
        sa.PrimaryKeyConstraint("happening_id", "agent_id", name="pk_mention"),
    )
    op.create_index(
        "ix_mention_unread",
        "mention",
        ["agent_id"],
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", ID, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("webhook_id", ID, nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name="fk_webhook_delivery_webhook_id"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["webhook_id", "id"],
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    )
