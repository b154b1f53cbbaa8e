"""The register of ownerless and contested ground, and the signs that a place bounces."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE grids.ground (
             id text PRIMARY KEY, key text NOT NULL UNIQUE, kind text NOT NULL, state text NOT NULL,
             lon double precision, lat double precision, address text, overlays jsonb NOT NULL, grids jsonb NOT NULL,
             area_m2 double precision, shape bytea, first_seen timestamptz NOT NULL, last_seen timestamptz NOT NULL,
             holder text, held_by text, held_at timestamptz, ruled_unit text, ruled_ground text, ruled_by text,
             ruled_at timestamptz, closed_by text, closed_at timestamptz, note text, version bigint NOT NULL)"""
    )
    op.execute("CREATE INDEX ground_state ON grids.ground (state, id)")
    op.execute("CREATE INDEX ground_kind ON grids.ground (kind, id)")
    op.execute(
        """CREATE TABLE grids.ground_sign (
             subject text NOT NULL, sequence bigint NOT NULL, reason text NOT NULL, spot text NOT NULL,
             at timestamptz NOT NULL, concern text, PRIMARY KEY (subject, sequence, reason))"""
    )
    op.execute("CREATE INDEX ground_sign_spot ON grids.ground_sign (spot, reason, at)")
    op.execute("CREATE INDEX ground_sign_at ON grids.ground_sign (at)")
    # What the map was last surveyed for: the version of the fabric, and how many of its dates had passed.
    op.execute("CREATE TABLE grids.ground_survey (one boolean PRIMARY KEY, version bigint NOT NULL, era int NOT NULL)")


def downgrade() -> None:
    op.execute("DROP TABLE grids.ground_survey, grids.ground_sign, grids.ground")
