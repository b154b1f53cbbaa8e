"""Duties and precedents: what stands behind the routing table."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # Version 1 is the list that is shipped; what an operator publishes goes on from it.
    op.execute(
        """CREATE TABLE dispatch.duty_list (
             version bigint PRIMARY KEY CHECK (version > 1), at timestamptz NOT NULL, by_key text NOT NULL,
             by_name text NOT NULL, by_role text NOT NULL, note text NOT NULL, body jsonb NOT NULL)"""
    )
    op.execute(
        """CREATE TABLE dispatch.precedent (
             id bigint PRIMARY KEY, case_id text NOT NULL, at timestamptz NOT NULL, concern text NOT NULL,
             sub_concern text, zone text, grids jsonb NOT NULL, previous text, lead text NOT NULL, target text NOT NULL,
             ground text NOT NULL, by_unit text, by_name text NOT NULL)"""
    )
    op.execute("CREATE INDEX precedent_by_concern ON dispatch.precedent (concern, id DESC)")
    op.execute("CREATE INDEX precedent_by_sub ON dispatch.precedent (sub_concern, id DESC)")
    op.execute("CREATE INDEX precedent_by_lead ON dispatch.precedent (lead, id DESC)")
    op.execute("CREATE INDEX precedent_by_case ON dispatch.precedent (case_id)")


def downgrade() -> None:
    op.execute("DROP TABLE dispatch.precedent")
    op.execute("DROP TABLE dispatch.duty_list")
