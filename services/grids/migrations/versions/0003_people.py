"""People, rosters, and units with effective dates."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE grids.unit_edition (
             code text NOT NULL, number int NOT NULL, told jsonb NOT NULL, valid_from timestamptz,
             valid_to timestamptz, PRIMARY KEY (code, number))"""
    )
    op.execute("INSERT INTO grids.unit_edition (code, number, told) SELECT code, 0, told FROM grids.unit")
    op.execute("ALTER TABLE grids.unit DROP COLUMN told")
    op.execute("CREATE INDEX edition_unit ON grids.edition (unit)")
    # What is in `told` travels in the clear; `sealed` holds name, numbers and what else is personal.
    op.execute(
        """CREATE TABLE grids.person (
             code text PRIMARY KEY, unit text NOT NULL, role text NOT NULL, team text, skills text[] NOT NULL,
             told jsonb NOT NULL, sealed bytea NOT NULL, version int NOT NULL)"""
    )
    op.execute("CREATE INDEX person_unit ON grids.person (unit)")
    op.execute("CREATE INDEX person_team ON grids.person (team) WHERE team IS NOT NULL")
    op.execute(
        """CREATE TABLE grids.posting (
             person text NOT NULL REFERENCES grids.person (code) ON DELETE CASCADE, number int NOT NULL,
             overlay text NOT NULL, grid text NOT NULL, role text NOT NULL, valid_from timestamptz,
             valid_to timestamptz, PRIMARY KEY (person, number))"""
    )
    op.execute("CREATE INDEX posting_grid ON grids.posting (grid, overlay)")
    op.execute(
        """CREATE TABLE grids.roster (
             unit text PRIMARY KEY, version int NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL)"""
    )
    op.execute(
        """CREATE TABLE grids.roster_edition (
             unit text NOT NULL REFERENCES grids.roster (unit) ON DELETE CASCADE, number int NOT NULL,
             told jsonb NOT NULL, people text[] NOT NULL, valid_from timestamptz, valid_to timestamptz,
             PRIMARY KEY (unit, number))"""
    )
    op.execute("CREATE INDEX roster_people ON grids.roster_edition USING gin (people)")


def downgrade() -> None:
    op.execute("DROP TABLE grids.roster_edition, grids.roster, grids.posting, grids.person")
    op.execute("DROP INDEX grids.edition_unit")
    # Only what a unit is last fits into the old table.
    op.execute("ALTER TABLE grids.unit ADD COLUMN told jsonb")
    op.execute(
        """UPDATE grids.unit u SET told = e.told FROM grids.unit_edition e
           WHERE e.code = u.code AND e.number = (SELECT max(number) FROM grids.unit_edition WHERE code = u.code)"""
    )
    op.execute("DELETE FROM grids.unit WHERE told IS NULL")  # without any edition it is no unit
    op.execute("ALTER TABLE grids.unit ALTER COLUMN told SET NOT NULL")
    op.execute("DROP TABLE grids.unit_edition")
