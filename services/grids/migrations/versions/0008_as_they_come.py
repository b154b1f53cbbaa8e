"""Events stand in the table as they come."""

from alembic import op

from services.kit.ddl import as_by_default, as_they_come

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for statement in as_they_come("grids"):
        op.execute(statement)


def downgrade() -> None:
    for statement in as_by_default("grids"):
        op.execute(statement)
