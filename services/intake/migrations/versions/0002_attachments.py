"""Uploaded attachments, and which orders use them."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # `state`: a row is there before its bytes are and goes after them, so that no file is ever without one.
    op.execute(
        """CREATE TABLE intake.attachment (
             attachment_id text PRIMARY KEY, source text NOT NULL, state text NOT NULL
               CHECK (state IN ('coming', 'stored', 'leaving')),
             media_type text NOT NULL, size bigint NOT NULL, sha256 text NOT NULL, by_key text NOT NULL,
             created_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX attachment_created ON intake.attachment (created_at)")
    op.execute(
        """CREATE TABLE intake.attachment_use (
             attachment_id text NOT NULL REFERENCES intake.attachment, order_id text NOT NULL,
             PRIMARY KEY (attachment_id, order_id))"""
    )
    op.execute("CREATE INDEX attachment_use_order ON intake.attachment_use (order_id)")


def downgrade() -> None:
    op.execute("DROP TABLE intake.attachment_use, intake.attachment")
