"""The read model: cases, orders, whistles, timelines; and who is signed in."""

from alembic import op

from services.kit.ddl import drop_tables_v1, tables_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in tables_v1("console"):
        op.execute(statement)
    # `written` is the transaction that wrote a row last: a reader that remembers the oldest transaction still open at
    # its last look misses nothing, whatever the order of the commits.
    op.execute(
        """CREATE TABLE console.cases (
             case_id text PRIMARY KEY, sequence bigint NOT NULL, state text NOT NULL, case_class text NOT NULL,
             level text NOT NULL, concern text NOT NULL, changed_at timestamptz NOT NULL,
             opened_at timestamptz NOT NULL, lead text, assists text[] NOT NULL, called text[] NOT NULL,
             light text NOT NULL, sub_concern text, title text NOT NULL, summary text NOT NULL, channel text,
             kind text, confidential boolean NOT NULL, lon double precision, lat double precision, address text,
             zone text, grids jsonb NOT NULL, orders text[] NOT NULL, clocks jsonb NOT NULL, rule text, ground text,
             dispatched_at timestamptz, contact_due timestamptz, contacted_at timestamptz, resolve_due timestamptz,
             resolved_at timestamptz, closed_at timestamptz, measures text, verdict boolean, satisfaction text,
             reopened int NOT NULL, statutory boolean NOT NULL, supervised boolean NOT NULL, last_text text NOT NULL,
             involved text[] NOT NULL, comprehensive text,
             written xid8 NOT NULL DEFAULT pg_current_xact_id()) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX cases_opened ON console.cases (opened_at DESC, case_id DESC)")
    op.execute("CREATE INDEX cases_written ON console.cases (written)")
    op.execute("CREATE INDEX cases_live ON console.cases (state, light) WHERE closed_at IS NULL")
    op.execute("CREATE INDEX cases_closed ON console.cases (closed_at DESC, case_id DESC) WHERE closed_at IS NOT NULL")
    op.execute("CREATE INDEX cases_involved ON console.cases USING gin (involved)")
    op.execute("CREATE INDEX cases_grid ON console.cases (comprehensive, opened_at DESC)")
    op.execute("CREATE INDEX cases_contact_due ON console.cases (contact_due) WHERE contact_due IS NOT NULL")
    op.execute("CREATE INDEX cases_resolve_due ON console.cases (resolve_due) WHERE resolve_due IS NOT NULL")
    op.execute(
        """CREATE TABLE console.orders (
             order_id text PRIMARY KEY, status text NOT NULL, channel text NOT NULL, source text NOT NULL,
             external_id text NOT NULL, reported_at timestamptz NOT NULL, changed_at timestamptz NOT NULL, kind text,
             title text NOT NULL, satisfaction text) WITH (fillfactor = 80)"""
    )
    op.execute(
        """CREATE TABLE console.whistles (
             whistle_id text PRIMARY KEY, kind text NOT NULL, state text NOT NULL, need text NOT NULL,
             report_in_by timestamptz NOT NULL, blown_at timestamptz NOT NULL, changed_at timestamptz NOT NULL,
             calls jsonb NOT NULL, case_id text, place text, meet text, "by" text, units text[] NOT NULL,
             written xid8 NOT NULL DEFAULT pg_current_xact_id()) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX whistles_written ON console.whistles (written)")
    op.execute("CREATE INDEX whistles_case ON console.whistles (case_id)")
    op.execute("CREATE INDEX whistles_units ON console.whistles USING gin (units)")
    op.execute(
        """CREATE TABLE console.timeline (
             stream text NOT NULL, subject text NOT NULL, sequence bigint NOT NULL, at timestamptz NOT NULL,
             type text NOT NULL, text text NOT NULL, "by" text, unit text, reason text, whistle_id text,
             detail jsonb NOT NULL, PRIMARY KEY (stream, subject, sequence))"""
    )
    # One row: which building of the read model this is. A process that holds another number reads again from the start.
    op.execute("CREATE TABLE console.building (number bigint NOT NULL)")
    op.execute("INSERT INTO console.building VALUES (1)")
    op.execute(
        """CREATE TABLE console.session (
             digest bytea PRIMARY KEY, key_digest bytea NOT NULL, started_at timestamptz NOT NULL,
             expires_at timestamptz NOT NULL)"""
    )


def downgrade() -> None:
    op.execute(
        """DROP TABLE console.session, console.building, console.timeline, console.whistles, console.orders,
                      console.cases"""
    )
    for statement in drop_tables_v1("console"):
        op.execute(statement)
