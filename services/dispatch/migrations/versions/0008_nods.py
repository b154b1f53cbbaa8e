"""Whistles that wait for the street's nod, what justifies them, and the rounds in which they page people."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    # Whistles blown before: agreed to, as it were, and without a row of the catalogue.
    op.execute(
        """ALTER TABLE dispatch.whistles ADD matter text, ADD ground text NOT NULL DEFAULT '', ADD nod jsonb,
             ADD paging jsonb"""
    )
    op.execute(
        """CREATE INDEX whistles_waiting ON dispatch.whistles (blown_at DESC, whistle_id DESC)
           WHERE nod->>'state' = 'waiting'"""
    )


def downgrade() -> None:
    op.execute("DROP INDEX dispatch.whistles_waiting")
    op.execute("ALTER TABLE dispatch.whistles DROP matter, DROP ground, DROP nod, DROP paging")
