"""Editions of grids, units, named places, the operator's days, and what was last sent of each key of the topic."""

from alembic import op

from services.kit.ddl import drop_tables_v1, tables_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in tables_v1("grids"):
        op.execute(statement)
    op.execute(
        """CREATE TABLE grids.publication (
             version bigint PRIMARY KEY, at timestamptz NOT NULL, what text NOT NULL, by_key text NOT NULL,
             by_name text NOT NULL, sent int NOT NULL)"""
    )
    # A key that has ended stays, without digest: its events go on being counted should it come again.
    op.execute("CREATE TABLE grids.entry (key text PRIMARY KEY, digest text, sequence bigint NOT NULL)")
    # overlay/<code>, gazetteer, calendar → the version in which it last changed; serves as its ETag.
    op.execute("CREATE TABLE grids.section (name text PRIMARY KEY, version bigint NOT NULL)")
    op.execute(
        """CREATE TABLE grids.edition (
             overlay text NOT NULL, code text NOT NULL, number int NOT NULL, name text NOT NULL, unit text,
             parent text, households int, valid_from timestamptz, valid_to timestamptz, properties jsonb NOT NULL,
             geometry bytea NOT NULL, PRIMARY KEY (overlay, code, number))"""
    )
    op.execute("CREATE TABLE grids.unit (code text PRIMARY KEY, told jsonb NOT NULL, version int NOT NULL)")
    op.execute(
        """CREATE TABLE grids.place (
             number int PRIMARY KEY, name text NOT NULL, kind text NOT NULL, lon double precision NOT NULL,
             lat double precision NOT NULL, aliases jsonb NOT NULL)"""
    )
    op.execute("CREATE TABLE grids.day (day date PRIMARY KEY, works boolean NOT NULL)")
    op.execute("CREATE TABLE grids.complete_year (year int PRIMARY KEY)")


def downgrade() -> None:
    op.execute(
        "DROP TABLE grids.complete_year, grids.day, grids.place, grids.unit, grids.edition, grids.section,"
        " grids.entry, grids.publication"
    )
    for statement in drop_tables_v1("grids"):
        op.execute(statement)
