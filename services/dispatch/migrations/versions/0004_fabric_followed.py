"""Open cases follow the fabric: how far, and which cases came late."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # One row. `version` and `since` (the last change by date) say which ground is being walked; `after` is the last case
    # looked at, `done` when none is left.
    op.execute(
        """CREATE TABLE dispatch.fabric_followed (
             one boolean PRIMARY KEY DEFAULT true CHECK (one), version bigint NOT NULL, since timestamptz,
             after text NOT NULL, done boolean NOT NULL) WITH (fillfactor = 50)"""
    )
    op.execute("INSERT INTO dispatch.fabric_followed (version, after, done) VALUES (0, '', true)")
    # Opened by a process that did not hold the ground yet when the walk over it had begun. A case may stand here twice.
    op.execute(
        """CREATE TABLE dispatch.fabric_late (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id text NOT NULL)"""
    )
    op.execute("CREATE INDEX cases_open ON dispatch.cases (case_id) WHERE state NOT IN ('closed', 'withdrawn')")


def downgrade() -> None:
    op.execute("DROP INDEX dispatch.cases_open")
    op.execute("DROP TABLE dispatch.fabric_late, dispatch.fabric_followed")
