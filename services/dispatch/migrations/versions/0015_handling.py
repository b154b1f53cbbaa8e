"""剔除 that was granted can be taken back."""

from alembic import op

revision = "0015"
down_revision = "0014"

_STATES = "ALTER TABLE dispatch.exclusion ADD CONSTRAINT exclusion_state_check CHECK (state IN ({}))"


def upgrade() -> None:
    op.execute(
        """ALTER TABLE dispatch.exclusion ADD taken_back_at timestamptz, ADD taken_back_by text,
             ADD taken_back_role text, ADD taken_back_for text, DROP CONSTRAINT exclusion_state_check"""
    )
    op.execute(_STATES.format("'asked', 'approved', 'refused', 'taken_back'"))


def downgrade() -> None:
    # The word is lost, what came of it is not: the case counts.
    op.execute("UPDATE dispatch.exclusion SET state = 'refused' WHERE state = 'taken_back'")
    op.execute(
        """ALTER TABLE dispatch.exclusion DROP taken_back_at, DROP taken_back_by, DROP taken_back_role,
             DROP taken_back_for, DROP CONSTRAINT exclusion_state_check"""
    )
    op.execute(_STATES.format("'asked', 'approved', 'refused'"))
