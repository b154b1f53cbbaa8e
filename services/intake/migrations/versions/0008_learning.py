"""What the desk corrected, for the next training; and the models that a district trained on it."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    # Only the file of the model in use is kept; of those before it what they were, and how good.
    op.execute(
        """CREATE TABLE intake.learned_model (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version text NOT NULL, file bytea,
             about jsonb NOT NULL, since timestamptz NOT NULL, until timestamptz, by_name text NOT NULL,
             CHECK (until IS NOT NULL OR file IS NOT NULL))"""
    )
    op.execute("CREATE UNIQUE INDEX learned_model_in_use ON intake.learned_model ((true)) WHERE until IS NULL")
    # Gone with its order: masked words are the order's own, and are kept no longer than it is.
    op.execute(
        """CREATE TABLE intake.correction (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             order_id text NOT NULL REFERENCES intake.orders ON DELETE CASCADE, at timestamptz NOT NULL,
             content text NOT NULL, was text, was_by text, confidence real, model text, concern text NOT NULL,
             by_name text NOT NULL, by_role text NOT NULL)"""
    )
    op.execute("CREATE INDEX correction_order ON intake.correction (order_id)")


def downgrade() -> None:
    op.execute("DROP TABLE intake.correction, intake.learned_model")
