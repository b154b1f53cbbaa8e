"""A row of the outbox may go to many topics."""

from alembic import op

from services.kit.ddl import many_topics, one_topic

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for statement in many_topics("console"):
        op.execute(statement)


def downgrade() -> None:
    for statement in one_topic("console"):
        op.execute(statement)
