"""Clocks that wait for a calendar."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # `remaining` in seconds. Clocks from before have none: they keep the due time that they were set with.
    op.execute(
        """ALTER TABLE dispatch.clock ADD COLUMN since timestamptz, ADD COLUMN remaining float8,
             ADD COLUMN reckoned bigint NOT NULL DEFAULT 0"""
    )
    # Of open clocks that a calendar moves: the oldest reckoning first.
    op.execute(
        """CREATE INDEX clock_reckoned ON dispatch.clock (reckoned)
           WHERE NOT ended AND remaining IS NOT NULL AND state IN ('running', 'paused')"""
    )
    # One row: since which fabric version which calendar holds, and the last year that the newest release knows.
    op.execute(
        """CREATE TABLE dispatch.calendar_known (
             one boolean PRIMARY KEY DEFAULT true CHECK (one), version bigint NOT NULL, published int NOT NULL,
             fingerprint text NOT NULL)"""
    )
    op.execute("INSERT INTO dispatch.calendar_known (version, published, fingerprint) VALUES (0, 0, '')")


def downgrade() -> None:
    op.execute("DROP TABLE dispatch.calendar_known")
    op.execute("DROP INDEX dispatch.clock_reckoned")
    op.execute("ALTER TABLE dispatch.clock DROP COLUMN since, DROP COLUMN remaining, DROP COLUMN reckoned")
