"""Versions of the routing table."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # Version 1 is the table that is shipped; what an operator publishes goes on from it.
    op.execute(
        """CREATE TABLE dispatch.rule_table (
             version bigint PRIMARY KEY CHECK (version > 1), at timestamptz NOT NULL, by_key text NOT NULL,
             by_name text NOT NULL, by_role text NOT NULL, note text NOT NULL, body jsonb NOT NULL)"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE dispatch.rule_table")
