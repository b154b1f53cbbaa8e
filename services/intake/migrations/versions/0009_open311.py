"""What a case says of its orders, and the ways in which GeoReport lists orders."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE intake.case_card (
             case_id text PRIMARY KEY, sequence bigint NOT NULL, lead text, due timestamptz) WITH (fillfactor = 85)"""
    )
    op.execute("CREATE INDEX orders_reported ON intake.orders (reported_at, order_id)")
    op.execute("CREATE INDEX orders_open311 ON intake.orders (changed_at) WHERE channel = 'open311'")


def downgrade() -> None:
    op.execute("DROP INDEX intake.orders_open311, intake.orders_reported")
    op.execute("DROP TABLE intake.case_card")
