"""Events stand in the table as they come."""

from alembic import op

from services.kit.ddl import as_by_default, as_they_come

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for statement in as_they_come("dispatch"):
        op.execute(statement)


def downgrade() -> None:
    for statement in as_by_default("dispatch"):
        op.execute(statement)
