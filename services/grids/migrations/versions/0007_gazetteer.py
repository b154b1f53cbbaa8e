"""Former names, stretches of roads and managing units of the gazetteer's places."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE grids.place ADD COLUMN more jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE grids.place DROP COLUMN more")
