"""Workspaces that have installed our app, and installations that have begun."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("installed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", name="pk_installation"),
    )
    op.create_table(
        "install_state",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_install_state"),
    )


def downgrade() -> None:
    op.drop_table("install_state")
    op.drop_table("installation")
