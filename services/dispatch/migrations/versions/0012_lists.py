"""Lists of many cases."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("CREATE INDEX cases_sub ON dispatch.cases (sub_concern, opened_at DESC, case_id DESC)")
    op.execute("CREATE INDEX cases_class ON dispatch.cases (class, opened_at DESC, case_id DESC)")
    # Lights are looked up in the index alone: the rows of what is neither yellow nor red are not read.
    op.execute(
        """CREATE INDEX cases_waiting ON dispatch.cases (opened_at DESC, case_id DESC, red_at, yellow_at)
           WHERE red_at IS NOT NULL"""
    )


def downgrade() -> None:
    op.execute("DROP INDEX dispatch.cases_sub, dispatch.cases_class, dispatch.cases_waiting")
