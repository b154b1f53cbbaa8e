"""Events stand in the table as they come."""

from alembic import op

from services.kit.ddl import as_by_default, as_they_come

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for statement in as_they_come("console"):
        op.execute(statement)


def downgrade() -> None:
    for statement in as_by_default("console"):
        op.execute(statement)
