"""Callbacks to each reporter, orders to put right, and indexes for what waits to be followed up."""

from alembic import op

revision = "0009"
down_revision = "0008"

# As the code asks for them: an index serves a question with the same condition.
_WAITS = """(c.course->>'to_meet') IS NOT NULL AND c.state NOT IN ('closed', 'withdrawn')
  OR c.class = 'hard' AND c.state NOT IN ('resolved', 'explained', 'verified', 'closed', 'withdrawn')"""
_MET = "c.course->'meetings'->0 IS NOT NULL AND c.state NOT IN ('closed', 'withdrawn')"


def upgrade() -> None:
    # Tries were kept by case: they are those of the order that would be called next.
    op.execute(
        """ALTER TABLE dispatch.case_order ADD COLUMN person text, ADD COLUMN tried_at jsonb NOT NULL DEFAULT '[]',
             ADD COLUMN round int NOT NULL DEFAULT 0, ADD COLUMN tried_round int NOT NULL DEFAULT 0"""
    )
    # Discontent was of the result before: the case was opened again over it.
    op.execute(
        """UPDATE dispatch.case_order o
           SET round = CASE WHEN o.resolved AND o.satisfaction IS DISTINCT FROM 'dissatisfied' THEN c.round
                            ELSE c.round - 1 END
           FROM dispatch.cases c WHERE c.case_id = o.case_id AND o.resolved IS NOT NULL"""
    )
    op.execute(
        """UPDATE dispatch.case_order o SET tried_round = t.round, tried_at = t.tried_at
           FROM (SELECT DISTINCT ON (c.case_id) c.case_id, o.order_id, c.round, c.course->'tried_at' AS tried_at
                 FROM dispatch.cases c JOIN dispatch.case_order o ON o.case_id = c.case_id
                 WHERE c.course->'tried_at'->0 IS NOT NULL AND o.live AND NOT o.anonymous AND o.resolved IS NULL
                   AND o.callback_by = 'us'
                 ORDER BY c.case_id, o.since, o.order_id) AS t
           WHERE o.case_id = t.case_id AND o.order_id = t.order_id"""
    )
    op.execute("UPDATE dispatch.cases SET course = course - 'tried_at'")
    op.execute(
        """CREATE TABLE dispatch.rectification (
             number text PRIMARY KEY, case_id text NOT NULL, place int NOT NULL, subject text NOT NULL, shop_code text,
             orders text NOT NULL, unit text, ordered_at timestamptz NOT NULL, due timestamptz NOT NULL,
             yellow_at timestamptz, state text NOT NULL
               CHECK (state IN ('ordered', 'passed', 'handed_over', 'void')),
             warned boolean NOT NULL, overdue boolean NOT NULL, failed int NOT NULL, checked_at timestamptz,
             found text NOT NULL, enforcement text)"""
    )
    op.execute("CREATE INDEX rectification_due ON dispatch.rectification (due, number)")
    op.execute("CREATE INDEX rectification_open ON dispatch.rectification (due, number) WHERE state = 'ordered'")
    op.execute("CREATE INDEX rectification_case ON dispatch.rectification (case_id)")
    op.execute("CREATE INDEX rectification_shop ON dispatch.rectification (shop_code) WHERE shop_code IS NOT NULL")
    op.execute(f"CREATE INDEX cases_to_meet ON dispatch.cases (opened_at, case_id) WHERE {_WAITS.replace('c.', '')}")
    op.execute(f"CREATE INDEX cases_met ON dispatch.cases (opened_at, case_id) WHERE {_MET.replace('c.', '')}")
    op.execute(
        """CREATE INDEX clock_followed ON dispatch.clock (due, case_id)
           WHERE NOT ended AND kind IN ('verify', 'callback', 'recheck') AND state IN ('running', 'overdue')"""
    )


def downgrade() -> None:
    op.execute("DROP INDEX dispatch.clock_followed, dispatch.cases_met, dispatch.cases_to_meet")
    op.execute("DROP TABLE dispatch.rectification")
    op.execute(
        """UPDATE dispatch.cases
           SET course = (course - 'verifier' - 'done_by' - 'to_meet' - 'meetings' - 'rectifications')
             || '{"tried_at": []}'"""
    )
    op.execute(
        """ALTER TABLE dispatch.case_order DROP COLUMN person, DROP COLUMN tried_at, DROP COLUMN round,
             DROP COLUMN tried_round"""
    )
