"""Whistles: one row each, with the calls, the roster and the deadlines it was blown with."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # `entries` are the numbers of its lines in the timeline of its case, or in its own when it has none. `units` are the
    # called, `parties` everybody who is in it: for lists by unit and for what a key may see.
    op.execute(
        """CREATE TABLE dispatch.whistles (
             whistle_id text PRIMARY KEY, case_id text, kind text NOT NULL, kind_name text NOT NULL,
             need text NOT NULL, place jsonb NOT NULL, meet jsonb NOT NULL, blown_by text NOT NULL, blown_unit text,
             blown_at timestamptz NOT NULL, report_in_by timestamptz NOT NULL, ladder text[] NOT NULL,
             second jsonb NOT NULL, state text NOT NULL
               CHECK (state IN ('open', 'partly_met', 'met', 'released', 'cancelled', 'exhausted')),
             level int NOT NULL, second_by timestamptz, calls jsonb NOT NULL, marks jsonb NOT NULL,
             version int NOT NULL, sequence bigint NOT NULL, entries bigint[] NOT NULL,
             units text[] NOT NULL, parties text[] NOT NULL) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX whistles_newest ON dispatch.whistles (blown_at DESC, whistle_id DESC)")
    op.execute("CREATE INDEX whistles_state ON dispatch.whistles (state, blown_at DESC, whistle_id DESC)")
    op.execute("CREATE INDEX whistles_case ON dispatch.whistles (case_id) WHERE case_id IS NOT NULL")
    op.execute("CREATE INDEX whistles_units ON dispatch.whistles USING gin (units)")
    op.execute("CREATE INDEX whistles_parties ON dispatch.whistles USING gin (parties)")


def downgrade() -> None:
    op.execute("DROP TABLE dispatch.whistles")
