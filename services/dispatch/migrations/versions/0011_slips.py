"""The register of slips of supervision; what a case keeps of them, of joint parts, of shelving and of procedures."""

from alembic import op

revision = "0011"
down_revision = "0010"

# A case kept only how many slips it had: what each said is in its timeline, in their order.
_OLD = """
  INSERT INTO dispatch.slip (number, case_id, place, level, issuer, unit, said, issued_at, due)
  SELECT e.subject || '-' || e.place, e.subject, e.place, 'street', '城运中心', e.unit, e.text, e.at,
    CASE WHEN e.place = (c.course->>'slips')::int THEN (c.course->>'slip_due')::timestamptz END
  FROM (SELECT subject, unit, text, at, row_number() OVER (PARTITION BY subject ORDER BY sequence) AS place
        FROM dispatch.entry WHERE type = 'case.supervised') AS e
  JOIN dispatch.cases c ON c.case_id = e.subject AND e.place <= (c.course->>'slips')::int
    AND c.state <> 'withdrawn'"""
_INTO_CASES = """
  UPDATE dispatch.cases AS c SET course = (c.course - 'slip_due') || jsonb_build_object('slips', coalesce(
    (SELECT jsonb_agg(to_jsonb(s) - 'case_id' ORDER BY s.place) FROM dispatch.slip s WHERE s.case_id = c.case_id),
    '[]'::jsonb))"""
_OUT_OF_CASES = """
  UPDATE dispatch.cases AS c SET course = (c.course - 'parts' - 'shelving' - 'procedure') || jsonb_build_object(
    'slips', jsonb_array_length(c.course->'slips'), 'slip_due', c.course->'slips'->-1->'due')"""


def upgrade() -> None:
    op.execute(
        """CREATE TABLE dispatch.slip (
             number text PRIMARY KEY, case_id text NOT NULL, place int NOT NULL,
             level text NOT NULL CHECK (level IN ('street', 'district', 'city')), issuer text NOT NULL, unit text,
             said text NOT NULL, issued_at timestamptz NOT NULL, due timestamptz, yellow_at timestamptz,
             state text NOT NULL DEFAULT 'issued' CHECK (state IN ('issued', 'replied', 'closed', 'void')),
             warned boolean NOT NULL DEFAULT false, overdue boolean NOT NULL DEFAULT false,
             reply text NOT NULL DEFAULT '', replied_at timestamptz, closed_at timestamptz,
             summoned_at timestamptz, circulated_at timestamptz)"""
    )
    op.execute("CREATE INDEX slip_newest ON dispatch.slip (issued_at DESC, number DESC)")
    op.execute("CREATE INDEX slip_unit ON dispatch.slip (unit, issued_at DESC)")
    op.execute("CREATE INDEX slip_case ON dispatch.slip (case_id)")
    op.execute("CREATE INDEX slip_owed ON dispatch.slip (due) WHERE state = 'issued'")
    op.execute(_OLD)
    op.execute(_INTO_CASES)


def downgrade() -> None:
    op.execute(_OUT_OF_CASES)
    op.execute("DELETE FROM dispatch.clock WHERE kind IN ('statutory', 'review')")
    op.execute("DROP TABLE dispatch.slip")
