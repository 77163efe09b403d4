"""When a customer's picture was asked for, so that it is asked for again when it is old."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _index(condition: str) -> None:
    unasked = sa.text(condition)
    op.create_index(
        "ix_address_unasked", "address", ["channel"], sqlite_where=unasked, postgresql_where=unasked
    )


def upgrade() -> None:
    op.add_column("address", sa.Column("avatar_asked_at", sa.DateTime(timezone=True)))
    # Whoever was asked about until now counts as asked about when first seen: asked about again with the next message.
    op.execute("UPDATE address SET avatar_asked_at = created_at WHERE avatar IS NOT NULL")
    op.drop_index("ix_address_unasked", "address")
    _index("avatar_asked_at IS NULL")


def downgrade() -> None:
    op.drop_index("ix_address_unasked", "address")
    with op.batch_alter_table("address") as batch:
        batch.drop_column("avatar_asked_at")
    _index("avatar IS NULL")
