"""Handovers, what was asked of the source or of a leader, and reconciliation with the sources."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # What the order's status would be were it not proposed to the source for return: the work goes on meanwhile.
    op.execute("ALTER TABLE intake.orders ADD COLUMN under text")
    op.execute(
        """CREATE TABLE intake.request (
             request_id text PRIMARY KEY, order_id text NOT NULL, source text NOT NULL,
             kind text NOT NULL CHECK (kind IN ('return', 'unreasonable', 'appeal')),
             state text NOT NULL CHECK (state IN ('open', 'granted', 'refused', 'lapsed')),
             reason text NOT NULL, proposal text NOT NULL, evidence text[] NOT NULL, before_reason text, before_said text,
             asked_at timestamptz NOT NULL, asked_by text NOT NULL,
             decided_at timestamptz, decided_by text, note text)"""
    )
    op.execute("CREATE UNIQUE INDEX request_open ON intake.request (order_id, kind) WHERE state = 'open'")
    op.execute("CREATE INDEX request_order ON intake.request (order_id, kind, state)")
    op.execute("CREATE INDEX request_state ON intake.request (state, asked_at, request_id)")
    op.execute("CREATE INDEX request_source ON intake.request (source, state, asked_at, request_id)")
    op.execute(
        """CREATE TABLE intake.handover (
             handover_id text PRIMARY KEY, order_id text NOT NULL UNIQUE, external_id text NOT NULL, service text NOT NULL,
             units text[] NOT NULL, state text NOT NULL CHECK (state IN ('open', 'acknowledged')),
             handed_at timestamptz NOT NULL, sent_at timestamptz NOT NULL, attempts int NOT NULL,
             raised boolean NOT NULL, receipt text, acknowledged_at timestamptz, acknowledged_by text)"""
    )
    op.execute("CREATE INDEX handover_state ON intake.handover (state, handed_at, handover_id)")
    op.execute(
        """CREATE INDEX orders_crying ON intake.orders (changed_at)
           WHERE CAST(classified ->> 'handed_over' AS boolean)"""
    )
    # `ours` is the list that we hold of the day, `theirs` what came in last; differences are those of the last comparison.
    op.execute(
        """CREATE TABLE intake.reconciliation (
             source text NOT NULL, day date NOT NULL, made_at timestamptz NOT NULL, ours jsonb NOT NULL,
             compared_at timestamptz, digest bytea, received int, differences jsonb,
             acknowledged_at timestamptz, acknowledged_by text, raised boolean NOT NULL DEFAULT false,
             PRIMARY KEY (source, day))"""
    )
    op.execute("CREATE INDEX reconciliation_day ON intake.reconciliation (day)")
    op.execute("CREATE INDEX orders_received ON intake.orders (source, received_at)")
    op.execute("CREATE INDEX orders_day ON intake.orders (received_at)")


def downgrade() -> None:
    op.execute("DROP INDEX intake.orders_received, intake.orders_day, intake.orders_crying")
    op.execute("DROP TABLE intake.reconciliation, intake.handover, intake.request")
    op.execute("ALTER TABLE intake.orders DROP COLUMN under")
