"""API keys, the holders of the fabric, and the embedded log engine."""

from alembic import op

from services.kit.bus.pglog_ddl import create_schema_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE kit.api_key (
             id text PRIMARY KEY, name text NOT NULL, role text NOT NULL, unit text, source text,
             digest bytea NOT NULL UNIQUE, created_at timestamptz NOT NULL, revoked_at timestamptz)"""
    )
    op.execute(
        """CREATE TABLE kit.holder (
             service text NOT NULL, process text NOT NULL, ready boolean NOT NULL, detail text NOT NULL,
             fabric_version bigint NOT NULL, seen_at timestamptz NOT NULL, PRIMARY KEY (service, process))"""
    )
    for statement in create_schema_sql():
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SCHEMA bus CASCADE")
    op.execute("DROP TABLE kit.holder, kit.api_key")
