"""Since when a message may be at its platform; the pictures of customers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("begun_at", sa.DateTime(timezone=True)))
    op.add_column("address", sa.Column("avatar", sa.String(64)))
    unasked = sa.text("avatar IS NULL")
    op.create_index(
        "ix_address_unasked", "address", ["channel"], sqlite_where=unasked, postgresql_where=unasked
    )


def downgrade() -> None:
    op.drop_index("ix_address_unasked", "address")
    for table, column in {"address": "avatar", "outbox": "begun_at"}.items():
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
