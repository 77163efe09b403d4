"""The tables of the store. Times are UTC; ids are opaque text; the migrations build exactly this.

One long file: it is the schema, read from top to bottom, and its tables refer to each other.
"""

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
    sa.Column("email", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", _Time, nullable=False),
    # Their messages are kept and neither answered nor shown in a queue.
    sa.Column("blocked_at", _Time),
    # When we asked last: how it was, or whether they would come back.
    sa.Column("asked_at", _Time),
    sa.Index(
        "ix_customer_blocked",
        "id",
        sqlite_where=sa.text("blocked_at IS NOT NULL"),
        postgresql_where=sa.text("blocked_at IS NOT NULL"),
    ),
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
    # The SHA-256 of the customer's picture on that platform; empty or NULL if we know of none.
    sa.Column("avatar", sa.String(64)),
    # When we asked for it last; NULL if nobody has asked, or it is to be asked for again.
    sa.Column("avatar_asked_at", _Time),
    sa.Column("created_at", _Time, nullable=False),
    sa.UniqueConstraint("channel", "account", "external_id"),
    sa.Index(
        "ix_address_unasked",
        "channel",
        sqlite_where=sa.text("avatar_asked_at IS NULL"),
        postgresql_where=sa.text("avatar_asked_at IS NULL"),
    ),
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
    # How far the agent who owns it has read.
    sa.Column("read_seq", sa.Integer, nullable=False, server_default="0"),
    # Set when a turn was given up: people must look at it.
    sa.Column("troubled_at", _Time),
    sa.Column("rating", sa.Integer),
    sa.Column("rating_comment", sa.Text),
    # Hidden from the desk until then, or until the customer writes.
    sa.Column("snoozed_until", _Time),
    # How people closed it: solved | unsolved | duplicate | spam, else NULL.
    sa.Column("outcome", sa.String(16)),
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
    sa.Index(
        "ix_conversation_desk",
        "status",
        "updated_at",
        "id",
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
    # Which agent wrote it; NULL for all others.
    sa.Column("agent_id", _Id),
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

turn = sa.Table(
    "turn",
    metadata,
    # What was understood of a customer's message and done about it: written when its turn ends.
    sa.Column("message_id", _Id, sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False, index=True),
    # done | dead
    sa.Column("status", sa.String(16), nullable=False),
    # Of the text itself, as far as it was told.
    sa.Column("language", sa.String(8)),
    # NULL if nothing was understood, or nobody tried (people answer).
    sa.Column("intent", sa.String(64)),
    sa.Column("confidence", sa.Float),
    # JSON list of {"entity", "value", "start", "end"}.
    sa.Column("entities", sa.Text, nullable=False, server_default="[]"),
    # JSON object {"valence", "emotion", ...}; NULL if the model reads none.
    sa.Column("sentiment", sa.Text),
    # JSON list of names.
    sa.Column("actions", sa.Text, nullable=False, server_default="[]"),
    # JSON list of what they did: bot/models.py, Step.
    sa.Column("steps", sa.Text, nullable=False, server_default="[]"),
    # The shop's id of the customer, once that was proved.
    sa.Column("proved", sa.Text),
    # The model that read it; empty if none did.
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    sa.Column("ended_at", _Time, nullable=False),
    sa.Index("ix_turn_intent", "intent", "ended_at"),
)

search_entry = sa.Table(
    "search_entry",
    metadata,
    # Rises with time: newer messages have higher numbers.
    sa.Column("id", _Serial, primary_key=True),
    sa.Column("message_id", _Id, sa.ForeignKey("message.id"), nullable=False, unique=True),
    # The words of the text in the form they are found by (bot/search_words.py). Beside this table each database has its
    # own index over it, made by the migration.
    sa.Column("words", sa.Text, nullable=False),
)

solved_case = sa.Table(
    "solved_case",
    metadata,
    # An agent's answer that helped: what is offered again in near cases.
    sa.Column("answer_id", _Id, sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("question_id", _Id, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False, index=True),
    sa.Column("language", sa.String(8), nullable=False),
    # What the question wants; NULL if that was not understood.
    sa.Column("intent", sa.String(64)),
    # The question's vector (float32, little endian), and the encoder that it is of; empty if it is not to be offered.
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("encoder", sa.String(64), nullable=False),
    sa.Column("learned_at", _Time, nullable=False),
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
    # waiting -> sent | dead | withdrawn (said by the bot, and then a person took over)
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("provider_id", sa.Text),
    sa.Column("next_at", _Time, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    # Since when the platform may have it; written by channels that can ask their platform whether it has.
    sa.Column("begun_at", _Time),
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

# -- People -----------------------------------------------------------------------------------------------

agent = sa.Table(
    "agent",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    # Lower case.
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    # agent | supervisor | trainer | admin
    sa.Column("role", sa.String(16), nullable=False),
    # NULL until the invitation is used.
    sa.Column("password_hash", sa.Text),
    # Encrypted with the server's key; NULL while there is no second factor.
    sa.Column("totp_secret", sa.Text),
    # One that was shown and not yet confirmed by a code of it.
    sa.Column("totp_pending", sa.Text),
    # The last time step whose code was used: a code is good once.
    sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),
    # JSON list of codes that the agent speaks.
    sa.Column("languages", sa.Text, nullable=False, server_default="[]"),
    # Conversations at one time.
    sa.Column("capacity", sa.Integer, nullable=False, server_default="4"),
    # Language of the pages.
    sa.Column("locale", sa.String(8), nullable=False, server_default="en"),
    # online | away | offline, as chosen; who has no open console counts as offline.
    sa.Column("presence", sa.String(16), nullable=False, server_default="offline"),
    # When a console of the agent was last known to be open.
    sa.Column("present_at", _Time),
    # Raised by every change of role, password or access: sessions of an older one end.
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("disabled_at", _Time),
)

team = sa.Table(
    "team",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    # JSON list of intents whose handoffs go to this team first.
    sa.Column("intents", sa.Text, nullable=False, server_default="[]"),
)

agent_team = sa.Table(
    "agent_team",
    metadata,
    sa.Column("agent_id", _Id, sa.ForeignKey("agent.id"), primary_key=True),
    sa.Column("team_id", _Id, sa.ForeignKey("team.id"), primary_key=True),
)

agent_session = sa.Table(
    "agent_session",
    metadata,
    # SHA-256 of the cookie's value.
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("agent_id", _Id, sa.ForeignKey("agent.id"), nullable=False, index=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("seen_at", _Time, nullable=False),
    sa.Column("expires_at", _Time, nullable=False),
    sa.Column("ip", sa.Text, nullable=False, server_default=""),
    sa.Column("browser", sa.Text, nullable=False, server_default=""),
)

invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("agent_id", _Id, sa.ForeignKey("agent.id"), nullable=False, index=True),
    sa.Column("expires_at", _Time, nullable=False),
    sa.Column("used_at", _Time),
)

login_failure = sa.Table(
    "login_failure",
    metadata,
    sa.Column("id", _Serial, primary_key=True),
    # "account:<email>" or "ip:<address>".
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("at", _Time, nullable=False),
    sa.Index("ix_login_failure_subject", "subject", "at"),
)

api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    # Acts as this agent, within its scopes.
    sa.Column("agent_id", _Id, sa.ForeignKey("agent.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    # JSON list.
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("expires_at", _Time),
    sa.Column("used_at", _Time),
    sa.Column("revoked_at", _Time),
)

audit = sa.Table(
    "audit",
    metadata,
    # Numbered by us without gaps: a missing row is seen.
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
    ),
    sa.Column("at", sa.String(32), nullable=False),
    # An agent's id, or "server", or "command line".
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.String(64), nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    # JSON object.
    sa.Column("details", sa.Text, nullable=False),
    # SHA-256 over the former row's and this row's content.
    sa.Column("hash", sa.String(64), nullable=False),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    # One row: who writes into the audit log locks it, and rows that are missing at the end are seen.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last_id", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

site_setting = sa.Table(
    "site_setting",
    metadata,
    # handoff | hours | routing | rating | asking
    sa.Column("name", sa.String(64), primary_key=True),
    # JSON; what it may hold is in bot/site_settings.py.
    sa.Column("value", sa.Text, nullable=False),
    # A writer who read an older one is refused.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", _Time, nullable=False),
)

# -- The desk ---------------------------------------------------------------------------------------------

handoff = sa.Table(
    "handoff",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False, index=True),
    # See bot/handoff.py: Reason.
    sa.Column("reason", sa.String(32), nullable=False),
    # JSON: what it rests on ({"messages": [ids], "words": [...], "action": ...}).
    sa.Column("detail", sa.Text, nullable=False),
    # The customer's last seq when it was made.
    sa.Column("seq", sa.Integer, nullable=False),
    # Higher is more urgent; grows with waiting in the order of the queue, not here.
    sa.Column("priority", sa.Integer, nullable=False),
    # 0 calm .. 1 furious, as known when it was made.
    sa.Column("anger", sa.Float, nullable=False, server_default="0"),
    sa.Column("language", sa.String(8)),
    sa.Column("team_id", _Id),
    # The only agent that may take it (a transfer to somebody), else NULL.
    sa.Column("wanted_agent_id", _Id),
    sa.Column("queued_at", _Time, nullable=False),
    # The range that the customer was told first, in seconds from queued_at on; NULL if none was.
    sa.Column("told_low", sa.Integer),
    sa.Column("told_high", sa.Integer),
    # What they were told last (range | nobody | closed), when, and up to when that range goes.
    sa.Column("told_kind", sa.String(16)),
    sa.Column("told_at", _Time),
    sa.Column("told_until", _Time),
    # Their place now, from 1, and the seconds still to wait; NULL while nobody is there.
    sa.Column("place", sa.Integer),
    sa.Column("wait_low", sa.Integer),
    sa.Column("wait_high", sa.Integer),
    # The offer that is open now. Without offered_to, offered_until is when a new round may begin.
    sa.Column("offered_to", _Id),
    sa.Column("offered_until", _Time),
    # JSON list of agents that have let it pass in this round.
    sa.Column("passed_by", sa.Text, nullable=False, server_default="[]"),
    # The customer wants to be written to later, on their channel.
    sa.Column("later_at", _Time),
    sa.Column("taken_by", _Id),
    sa.Column("taken_at", _Time),
    sa.Column("ended_at", _Time),
    # returned | closed | taken_back | transferred
    sa.Column("end", sa.String(16)),
    # What people did, for the bot and for the next brief.
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Index(
        "uq_handoff_open",
        "conversation_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(
        "ix_handoff_offered_to",
        "offered_to",
        sqlite_where=sa.text("offered_to IS NOT NULL"),
        postgresql_where=sa.text("offered_to IS NOT NULL"),
    ),
    sa.Index("ix_handoff_taken_by", "taken_by", "ended_at"),
    sa.Index("ix_handoff_taken_at", "taken_at"),
    sa.Index("ix_handoff_queued_at", "queued_at"),
)

happening = sa.Table(
    "happening",
    metadata,
    sa.Column("id", _Serial, primary_key=True),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False),
    # Stands behind the message with this number.
    sa.Column("after_seq", sa.Integer, nullable=False),
    # queued | offered | passed | taken | transferred | returned | closed | snoozed | woken | rated | note |
    # blocked | unblocked | taken_back | later
    sa.Column("kind", sa.String(16), nullable=False),
    # An agent's id, "customer" or "server".
    sa.Column("actor", sa.Text, nullable=False),
    # JSON object; of a note {"text", "mentions": [agent ids]}.
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", _Time, nullable=False),
    sa.Index("ix_happening_conversation", "conversation_id", "id"),
    sa.Index("ix_happening_actor", "actor", "id"),
)

mention = sa.Table(
    "mention",
    metadata,
    sa.Column("happening_id", _Serial, sa.ForeignKey("happening.id"), primary_key=True),
    sa.Column("agent_id", _Id, sa.ForeignKey("agent.id"), primary_key=True),
    sa.Column("read_at", _Time),
    sa.Index(
        "ix_mention_unread",
        "agent_id",
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    ),
)

held_reply = sa.Table(
    "held_reply",
    metadata,
    # An agent's reply in the seconds in which it can be undone.
    sa.Column("id", _Id, primary_key=True),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False, index=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("agent_id", _Id, sa.ForeignKey("agent.id"), nullable=False),
    # The console's own id of the reply: sent again, it is the same reply.
    sa.Column("client_id", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("due_at", _Time, nullable=False, index=True),
    # waiting -> sent | undone | refused (the conversation has another owner: the text goes back to its writer)
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("message_id", _Id),
    sa.UniqueConstraint("agent_id", "client_id"),
)

canned = sa.Table(
    "canned",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("shortcut", sa.String(32), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    # {customer}, {agent}, {order} ... are filled in.
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", _Time, nullable=False),
    sa.UniqueConstraint("shortcut", "language"),
)

webhook = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    # Encrypted with the server's key.
    sa.Column("secret", sa.Text, nullable=False),
    # JSON list of kinds.
    sa.Column("kinds", sa.Text, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("disabled_at", _Time),
)

webhook_delivery = sa.Table(
    "webhook_delivery",
    metadata,
    sa.Column("id", _Serial, primary_key=True),
    sa.Column("webhook_id", _Id, sa.ForeignKey("webhook.id"), nullable=False),
    # The same for every try, so that receivers can deduplicate.
    sa.Column("event_id", _Id, nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    # waiting -> sent | dead
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("next_at", _Time, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("sent_at", _Time),
    sa.Index(
        "ix_webhook_delivery_waiting",
        "webhook_id",
        "id",
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    ),
)

# -- Signals ----------------------------------------------------------------------------------------------

signal = sa.Table(
    "signal",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("message_id", _Id, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False),
    sa.Column("customer_id", _Id, sa.ForeignKey("customer.id"), nullable=False),
    # The message's number in its conversation.
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    # Of the text itself, as far as it was told.
    sa.Column("language", sa.String(8)),
    # What the message wants; NULL if that was not understood.
    sa.Column("intent", sa.String(64)),
    # The version of the feelings model that read it.
    sa.Column("model", sa.String(64), nullable=False),
    # -1 very bad .. 1 very good.
    sa.Column("valence", sa.Float, nullable=False),
    # The likeliest emotion.
    sa.Column("emotion", sa.String(16), nullable=False),
    # JSON object: the probability of each emotion.
    sa.Column("emotions", sa.Text, nullable=False),
    # The model is too often wrong in this language: shown in grey, and decides nothing.
    sa.Column("weak", sa.Boolean, nullable=False),
    sa.Column("said_at", _Time, nullable=False),
    sa.Column("read_at", _Time, nullable=False),
    # Set when a newer model has read the message again: the newest reading counts, older ones are kept.
    sa.Column("superseded_at", _Time),
    sa.UniqueConstraint("message_id", "model"),
    sa.Index("ix_signal_conversation", "conversation_id", "seq"),
    sa.Index("ix_signal_customer", "customer_id", "said_at"),
    sa.Index("ix_signal_said", "said_at"),
)

signal_event = sa.Table(
    "signal_event",
    metadata,
    # A signal on its way to one receiver of the stream; written with the signal.
    sa.Column("id", _Serial, primary_key=True),
    # file | rabbitmq | kafka; the signed webhook has its own deliveries.
    sa.Column("sink", sa.String(16), nullable=False),
    # The signal's id: the same for every try and every sink, so that receivers can deduplicate.
    sa.Column("signal_id", _Id, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    # waiting -> sent | dead
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("next_at", _Time, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("sent_at", _Time),
    sa.UniqueConstraint("sink", "signal_id"),
    sa.Index(
        "ix_signal_event_waiting",
        "sink",
        "id",
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    ),
)

# -- Alerts -----------------------------------------------------------------------------------------------

alert = sa.Table(
    "alert",
    metadata,
    # What supervisors are told: that a customer has fallen, or that more of them fall than is usual.
    sa.Column("id", _Serial, primary_key=True),
    # fall | spike
    sa.Column("kind", sa.String(16), nullable=False),
    # What it is about, so that it is told once: "fall/<conversation>/<message>", "spike/<begin of its window>".
    sa.Column("subject", sa.String(100), nullable=False, unique=True),
    # NULL for a spike.
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), index=True),
    # Of a spike: the time that it covers so far. NULL for a fall.
    sa.Column("window_from", _Time),
    sa.Column("window_until", _Time),
    # JSON object: depth and emotion of a fall, numbers and likely causes of a spike.
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("made_at", _Time, nullable=False),
    sa.Column("acknowledged_by", _Id, sa.ForeignKey("agent.id")),
    sa.Column("acknowledged_at", _Time),
    sa.Index(
        "ix_alert_open",
        "id",
        sqlite_where=sa.text("acknowledged_at IS NULL"),
        postgresql_where=sa.text("acknowledged_at IS NULL"),
    ),
)

alert_delivery = sa.Table(
    "alert_delivery",
    metadata,
    # An alert on its way out of the console; written with the alert.
    sa.Column("id", _Serial, primary_key=True),
    sa.Column("alert_id", _Serial, sa.ForeignKey("alert.id"), nullable=False),
    # mail | slack
    sa.Column("way", sa.String(16), nullable=False),
    # An e-mail address, or a channel of Slack.
    sa.Column("receiver", sa.Text, nullable=False),
    # waiting -> sent | dead
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("next_at", _Time, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("sent_at", _Time),
    sa.UniqueConstraint("alert_id", "way", "receiver"),
    sa.Index(
        "ix_alert_delivery_waiting",
        "next_at",
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    ),
)

fall_hour = sa.Table(
    "fall_hour",
    metadata,
    # How many conversations there were in a past hour and how many of them fell, counted once from the signals.
    sa.Column("begins_at", _Time, primary_key=True),
    # JSON object: {"all": [falls, conversations], "values": [[trait, value, falls, conversations], ...]}.
    sa.Column("counts", sa.Text, nullable=False),
)

# -- Asking -----------------------------------------------------------------------------------------------

ended_talk = sa.Table(
    "ended_talk",
    metadata,
    # A talk (docs/asking.md), written once when it is over, with the draw whether the customer is asked how it was.
    sa.Column("id", _Id, primary_key=True),
    sa.Column("customer_id", _Id, sa.ForeignKey("customer.id"), nullable=False),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False),
    # The customer's last message in it: a conversation that stays with the bot holds several talks.
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("language", sa.String(8)),
    # The agent who wrote last in it, or bot if only the bot wrote; empty if nobody did.
    sa.Column("agent", _Id, nullable=False),
    # The first wish in it; NULL if none was understood.
    sa.Column("intent", sa.String(64)),
    sa.Column("began_at", _Time, nullable=False),
    # 00 to 23, UTC, when it began.
    sa.Column("hour", sa.String(2), nullable=False),
    sa.Column("ended_at", _Time, nullable=False),
    # The level of the mood at its end, -1 .. 1 to 0.05; NULL if no signal was read in it that counts.
    sa.Column("mood", sa.Float),
    # The probability with which it was drawn, and what came of it: bot/asking/rules.py, RESULTS.
    sa.Column("chance", sa.Float, nullable=False),
    sa.Column("result", sa.String(16), nullable=False),
    # The question, with its answer, 1 .. 5.
    sa.Column("message_id", _Id, sa.ForeignKey("message.id")),
    sa.Column("asked_at", _Time),
    sa.Column("answered_at", _Time),
    sa.Column("rating", sa.Integer),
    # The customer's how manieth talk it is, and the pauses between them until then, in seconds: their sum, the longest.
    sa.Column("visit", sa.Integer, nullable=False),
    sa.Column("pauses", sa.Float, nullable=False),
    sa.Column("longest_pause", sa.Float, nullable=False),
    # Seconds until the customer's next talk began; NULL until that one is over.
    sa.Column("next_pause", sa.Float),
    # What the later talks wanted, by those that are over: same | new | unclear; NULL if there is none in time.
    sa.Column("came_back", sa.String(8)),
    sa.UniqueConstraint("conversation_id", "seq"),
    sa.Index("ix_ended_talk_began", "began_at"),
    sa.Index("ix_ended_talk_customer", "customer_id", "visit"),
    sa.Index(
        "ix_ended_talk_last",
        "ended_at",
        "visit",
        sqlite_where=sa.text("next_pause IS NULL"),
        postgresql_where=sa.text("next_pause IS NULL"),
    ),
)

loyalty_answer = sa.Table(
    "loyalty_answer",
    metadata,
    # One rare question about loyalty, and what the customer answered: never mixed with ratings of talks.
    sa.Column("id", _Id, primary_key=True),
    sa.Column("customer_id", _Id, sa.ForeignKey("customer.id"), nullable=False),
    # The last talk before it.
    sa.Column("talk_id", _Id, sa.ForeignKey("ended_talk.id"), nullable=False),
    sa.Column("conversation_id", _Id, sa.ForeignKey("conversation.id"), nullable=False),
    # YYYY-MM: who is asked is drawn anew each month.
    sa.Column("month", sa.String(7), nullable=False),
    # return | recommend
    sa.Column("question", sa.String(16), nullable=False),
    # The probability with which this customer was drawn for this question in this month.
    sa.Column("chance", sa.Float, nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("language", sa.String(8)),
    sa.Column("message_id", _Id, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("asked_at", _Time, nullable=False),
    sa.Column("answered_at", _Time),
    # 1 certainly not .. 5 certainly.
    sa.Column("value", sa.Integer),
    sa.UniqueConstraint("customer_id", "month"),
    sa.Index("ix_loyalty_answer_asked", "asked_at"),
)
