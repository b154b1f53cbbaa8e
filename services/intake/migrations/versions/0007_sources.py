"""Sources with their quotas, fields and callbacks, what each has used of its quota, and the orders of sandboxes."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE intake.source (
             source text PRIMARY KEY, version int NOT NULL, settings jsonb NOT NULL, changed_at timestamptz NOT NULL,
             changed_by text NOT NULL)"""
    )
    # What every process has taken, added up: `since` is where the minute or the day began.
    op.execute(
        """CREATE TABLE intake.source_usage (
             source text NOT NULL, span text NOT NULL CHECK (span IN ('minute', 'day')), since timestamptz NOT NULL,
             taken bigint NOT NULL, PRIMARY KEY (source, span, since)) WITH (fillfactor = 70)"""
    )
    op.execute("CREATE INDEX source_usage_since ON intake.source_usage (since)")
    # Only rows of sandboxes that still have steps before them stand in it.
    op.execute(
        """CREATE INDEX orders_sandbox ON intake.orders (changed_at, order_id)
           WHERE details @> '{"sandbox": true}' AND status IN ('accepted', 'in_progress', 'resolved', 'reopened')"""
    )


def downgrade() -> None:
    op.execute("DROP INDEX intake.orders_sandbox")
    op.execute("DROP TABLE intake.source_usage, intake.source")
