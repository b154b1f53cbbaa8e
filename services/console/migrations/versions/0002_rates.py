"""What a case counts for in the rates, as dispatch tells it."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # `verdicts`: order → [solved, satisfaction], each citizen's last word; the four counts are of them. What citizens
    # said before is known as one word of the whole case.
    op.execute(
        """ALTER TABLE console.cases ADD excluded text, ADD recurred boolean NOT NULL DEFAULT false,
             ADD verdicts jsonb NOT NULL DEFAULT '{}', ADD answered int NOT NULL DEFAULT 0,
             ADD solved int NOT NULL DEFAULT 0, ADD satisfied int NOT NULL DEFAULT 0, ADD fair int NOT NULL DEFAULT 0"""
    )
    op.execute(
        """UPDATE console.cases SET answered = 1, solved = CAST(verdict AS int),
             satisfied = CAST(coalesce(satisfaction, CASE WHEN verdict THEN 'satisfied' ELSE '' END) = 'satisfied' AS int),
             fair = CAST(coalesce(satisfaction, '') = 'fair' AS int)
           WHERE verdict IS NOT NULL"""
    )


def downgrade() -> None:
    op.execute(
        """ALTER TABLE console.cases DROP excluded, DROP recurred, DROP verdicts, DROP answered, DROP solved,
             DROP satisfied, DROP fair"""
    )
