"""部件 with their owners."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `bucket` is that of the compacted topic: one change reads and sends one bucket.
    op.execute(
        """CREATE TABLE grids.component (
             code text PRIMARY KEY, bucket smallint NOT NULL, kind text NOT NULL, lon double precision NOT NULL,
             lat double precision NOT NULL, owner text, state text NOT NULL, valid_from timestamptz,
             valid_to timestamptz, version int NOT NULL)"""
    )
    op.execute("CREATE INDEX component_bucket ON grids.component (bucket)")
    op.execute("CREATE INDEX component_kind ON grids.component (kind, code)")
    op.execute("CREATE INDEX component_owner ON grids.component (owner, code)")
    op.execute("CREATE INDEX component_place ON grids.component (lat, lon)")


def downgrade() -> None:
    op.execute("DROP TABLE grids.component")
