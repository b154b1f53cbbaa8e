"""What rates count, what they leave out and why, and by which formula."""

from alembic import op

revision = "0010"
down_revision = "0009"

_FILL = """
    INSERT INTO dispatch.rated
    SELECT k.case_id, k.round, k.due, k.state, n.due, n.state, t.due, t.state,
           coalesce(c.course->'climbed_from'->>0, c.lead), c.place->'grids'->>'comprehensive',
           c.place->'grids'->>'street', c.concern, c.channel, o.answered, o.solved, o.satisfied, o.fair, o.pending,
           coalesce(CAST(c.course->>'recurrences' AS int), 0) > 0, c.excluded
    FROM dispatch.clock k JOIN dispatch.cases c ON c.case_id = k.case_id
    LEFT JOIN dispatch.clock t
      ON t.case_id = k.case_id AND t.round = k.round AND t.kind = 'contact' AND NOT t.ended
    LEFT JOIN LATERAL (
      SELECT l.due, l.state FROM dispatch.clock l
      WHERE l.case_id = k.case_id AND l.round > k.round AND l.kind = 'resolve' AND NOT l.ended
      ORDER BY l.round LIMIT 1) n ON true
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE resolved IS NOT NULL) AS answered, count(*) FILTER (WHERE resolved) AS solved,
             count(*) FILTER (WHERE satisfaction = 'satisfied' OR satisfaction IS NULL AND resolved) AS satisfied,
             count(*) FILTER (WHERE resolved IS NOT NULL AND satisfaction = 'fair') AS fair,
             count(*) FILTER (WHERE resolved IS NULL AND live AND NOT anonymous) AS pending
      FROM dispatch.case_order WHERE case_id = k.case_id) o
    WHERE k.kind = 'resolve' AND NOT k.ended AND c.state <> 'withdrawn'"""


def upgrade() -> None:
    # A row for each dispatch of a case that has to be resolved. `next_…`: the limit of the dispatch after it.
    op.execute(
        """CREATE TABLE dispatch.rated (
             case_id text NOT NULL, round int NOT NULL, due timestamptz NOT NULL, resolve text NOT NULL,
             next_due timestamptz, next_resolve text, contact_due timestamptz, contact text, unit text, grid text,
             street text, concern text NOT NULL, channel text NOT NULL, answered int NOT NULL, solved int NOT NULL,
             satisfied int NOT NULL, fair int NOT NULL, pending int NOT NULL, recurred boolean NOT NULL, excluded text,
             PRIMARY KEY (case_id, round)) WITH (fillfactor = 80)"""
    )
    op.execute(_FILL)
    op.execute("CREATE INDEX rated_due ON dispatch.rated (due, case_id)")
    op.execute("CREATE INDEX rated_unit ON dispatch.rated (unit, due)")
    op.execute("CREATE INDEX rated_excluded ON dispatch.rated (due, case_id) WHERE excluded IS NOT NULL")
    # 剔除 that was asked for. One request of a case waits at a time.
    op.execute(
        """CREATE TABLE dispatch.exclusion (
             exclusion_id text PRIMARY KEY, case_id text NOT NULL, ground text NOT NULL,
             state text NOT NULL CHECK (state IN ('asked', 'approved', 'refused')), reason text NOT NULL,
             evidence text[] NOT NULL, asked_at timestamptz NOT NULL, asked_by text NOT NULL, asked_role text NOT NULL,
             asked_unit text, asked_key text NOT NULL, decided_at timestamptz, decided_by text, decided_role text,
             note text NOT NULL)"""
    )
    op.execute("CREATE UNIQUE INDEX exclusion_waits ON dispatch.exclusion (case_id) WHERE state = 'asked'")
    op.execute("CREATE INDEX exclusion_newest ON dispatch.exclusion (asked_at DESC, exclusion_id DESC)")
    op.execute("CREATE INDEX exclusion_state ON dispatch.exclusion (state, asked_at DESC, exclusion_id DESC)")
    op.execute("CREATE INDEX exclusion_case ON dispatch.exclusion (case_id)")
    # The profile's formula as it was: a row whenever another one came into force.
    op.execute(
        """CREATE TABLE dispatch.formula (
             number bigint PRIMARY KEY, since timestamptz NOT NULL, fabric_version bigint NOT NULL,
             profile text NOT NULL, profile_version int NOT NULL, rules jsonb NOT NULL)"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE dispatch.formula, dispatch.exclusion, dispatch.rated")
