"""The change feed: what changed, by whom, from which file."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # counts and codes: added, changed, removed; codes are the first of each.
    op.execute(
        """ALTER TABLE grids.publication ADD COLUMN overlay text, ADD COLUMN file text,
             ADD COLUMN counts jsonb NOT NULL DEFAULT '{}', ADD COLUMN codes jsonb NOT NULL DEFAULT '{}'"""
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE grids.publication DROP COLUMN overlay, DROP COLUMN file, DROP COLUMN counts, DROP COLUMN codes"
    )
