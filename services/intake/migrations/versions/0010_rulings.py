"""Who was ruled to be responsible: what the next training learns of leads."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # One for each order, the last: gone with it, and without words of its own.
    op.execute(
        """CREATE TABLE intake.ruling (
             order_id text PRIMARY KEY REFERENCES intake.orders ON DELETE CASCADE, case_id text NOT NULL,
             sequence bigint NOT NULL, at timestamptz NOT NULL, was text, lead text NOT NULL)"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE intake.ruling")
