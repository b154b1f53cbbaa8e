"""Shops with a code at their door. Receipts themselves need no row."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE intake.shop (
             code text PRIMARY KEY, name text NOT NULL, address text NOT NULL, lon double precision,
             lat double precision, guarantees text[] NOT NULL, version int NOT NULL,
             changed_at timestamptz NOT NULL, changed_by text NOT NULL, CHECK ((lon IS NULL) = (lat IS NULL)))"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE intake.shop")
