"""Open cases as grids needs them for previews: who holds what, where. Closed ones stay for what comes again."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE grids.followed_case (
             case_id text PRIMARY KEY, sequence bigint NOT NULL, state text NOT NULL, concern text NOT NULL,
             lead text, assists jsonb NOT NULL, settled boolean NOT NULL, lon double precision, lat double precision,
             zone text, address text, grids jsonb NOT NULL, orders int NOT NULL, place text, fabric_version bigint,
             opened_at timestamptz NOT NULL, changed_at timestamptz NOT NULL, closed_at timestamptz)"""
    )
    op.execute("CREATE INDEX followed_case_lead ON grids.followed_case (lead) WHERE closed_at IS NULL")
    op.execute("CREATE INDEX followed_case_place ON grids.followed_case (place, closed_at)")
    op.execute("CREATE INDEX followed_case_spot ON grids.followed_case USING gist (point(lon, lat))")
    op.execute("CREATE INDEX followed_case_closed ON grids.followed_case (closed_at) WHERE closed_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP TABLE grids.followed_case")
