"""What each turn understood and did; the search over all that was said; cases that people have solved."""

import sqlalchemy as sa
from alembic import op

from bot.search_words import words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(32)
TIME = sa.DateTime(timezone=True)
BATCH = 1000

# SQLite: the index holds no text of its own, the triggers keep it in step with search_entry.
FTS5 = (
    "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_entry', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 0', prefix='2 3 4', detail=none)",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_index (rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', old.id, old.words); "
    "INSERT INTO search_index (rowid, words) VALUES (new.id, new.words); END",
)
# PostgreSQL: our words are taken as they are, without its own idea of what a word is.
GIN = (
    "CREATE INDEX ix_search_entry_words ON search_entry "
    "USING gin (array_to_tsvector(string_to_array(words, ' ')))",
)


def upgrade() -> None:
    _turn()
    _search()
    _solved_case()


def downgrade() -> None:
    op.drop_table("solved_case")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("search_entry")
    op.drop_table("turn")


def _turn() -> None:
    op.create_table(
        "turn",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("intent", sa.String(64)),
        sa.Column("confidence", sa.Float),
        sa.Column("entities", sa.Text, server_default="[]", nullable=False),
        sa.Column("sentiment", sa.Text),
        sa.Column("actions", sa.Text, server_default="[]", nullable=False),
        sa.Column("steps", sa.Text, server_default="[]", nullable=False),
        sa.Column("proved", sa.Text),
        sa.Column("model", sa.Text, server_default="", nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_turn_conversation_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_turn_message_id"),
        sa.PrimaryKeyConstraint("message_id", name="pk_turn"),
    )
    op.create_index("ix_turn_conversation_id", "turn", ["conversation_id"])
    op.create_index("ix_turn_intent", "turn", ["intent", "ended_at"])


def _search() -> None:
    op.create_table(
        "search_entry",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_search_entry_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_search_entry"),
        sa.UniqueConstraint("message_id", name="uq_search_entry_message_id"),
    )
    for statement in FTS5 if op.get_bind().dialect.name == "sqlite" else GIN:
        op.execute(statement)
    _index_what_was_said()


def _index_what_was_said() -> None:
    said = sa.table("message", sa.column("id"), sa.column("text"), sa.column("sent_at"))
    entry = sa.table("search_entry", sa.column("message_id"), sa.column("words"))
    found = op.get_bind().execute(sa.select(said.c.id, said.c.text).order_by(said.c.sent_at, said.c.id)).all()
    rows = [{"message_id": row.id, "words": words(row.text)} for row in found]
    for start in range(0, len(rows), BATCH):
        op.get_bind().execute(sa.insert(entry), rows[start : start + BATCH])


def _solved_case() -> None:
    op.create_table(
        "solved_case",
        sa.Column("answer_id", ID, nullable=False),
        sa.Column("question_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("intent", sa.String(64)),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("encoder", sa.String(64), nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["message.id"], name="fk_solved_case_answer_id"),
        sa.ForeignKeyConstraint(["question_id"], ["message.id"], name="fk_solved_case_question_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_solved_case_conversation_id"
        ),
        sa.PrimaryKeyConstraint("answer_id", name="pk_solved_case"),
    )
    op.create_index("ix_solved_case_conversation_id", "solved_case", ["conversation_id"])
