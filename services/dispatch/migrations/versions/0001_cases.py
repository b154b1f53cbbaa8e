"""Cases, their clocks, their timeline, the orders in them, and what idempotency remembers."""

from alembic import op

from services.kit.ddl import drop_tables_v1, tables_v1

revision = "0001"
down_revision = None

# The trigram index where the server has the extension; without it `q` is found by reading.
_WORDS_INDEX = """
DO $$ DECLARE home text;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
  EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'pg_trgm is not available: searching without an index';
  END;
  SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_trgm';
  IF home IS NOT NULL THEN
    EXECUTE format('CREATE INDEX cases_words ON dispatch.cases USING gin (words %I.gin_trgm_ops)', home);
  END IF;
END $$"""


def upgrade() -> None:
    for statement in tables_v1("dispatch"):
        op.execute(statement)
    op.execute(
        """CREATE TABLE dispatch.cases (
             case_id text PRIMARY KEY, sequence bigint NOT NULL, state text NOT NULL, class text NOT NULL,
             level text NOT NULL, concern text NOT NULL, sub_concern text, lead text, assists text[] NOT NULL,
             called text[] NOT NULL, orders text[] NOT NULL, title text NOT NULL, summary text NOT NULL,
             channel text NOT NULL, kind text, confidential boolean NOT NULL, place jsonb NOT NULL,
             fabric_version bigint NOT NULL, decision jsonb NOT NULL, opened_at timestamptz NOT NULL,
             dispatched_at timestamptz NOT NULL, changed_at timestamptz NOT NULL, round int NOT NULL,
             source_due timestamptz, dispute jsonb NOT NULL, course jsonb NOT NULL, excluded text,
             yellow_at timestamptz, red_at timestamptz, wake_at timestamptz,
             involved text[] NOT NULL, grids text[] NOT NULL, words text NOT NULL) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX cases_newest ON dispatch.cases (opened_at DESC, case_id DESC)")
    op.execute("CREATE INDEX cases_state ON dispatch.cases (state, opened_at DESC, case_id DESC)")
    op.execute("CREATE INDEX cases_concern ON dispatch.cases (concern, opened_at DESC, case_id DESC)")
    op.execute("CREATE INDEX cases_red ON dispatch.cases (red_at) WHERE red_at IS NOT NULL")
    op.execute("CREATE INDEX cases_involved ON dispatch.cases USING gin (involved)")
    op.execute("CREATE INDEX cases_grids ON dispatch.cases USING gin (grids)")
    op.execute(_WORDS_INDEX)
    # A clock of an earlier round stays for the figures; `ended` without being met: it no longer counts.
    op.execute(
        """CREATE TABLE dispatch.clock (
             case_id text NOT NULL, round int NOT NULL, kind text NOT NULL, started timestamptz NOT NULL,
             due timestamptz NOT NULL, yellow_at timestamptz, state text NOT NULL
               CHECK (state IN ('running', 'met', 'late', 'overdue', 'paused')),
             span jsonb NOT NULL, met_at timestamptz, paused_at timestamptz, warned boolean NOT NULL,
             provisional boolean NOT NULL, ended boolean NOT NULL,
             PRIMARY KEY (case_id, round, kind)) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX clock_due ON dispatch.clock (kind, due) WHERE NOT ended")
    # The timeline: of a case, or of a whistle that has no case (then `subject` is the whistle's id).
    op.execute(
        """CREATE TABLE dispatch.entry (
             subject text NOT NULL, sequence bigint NOT NULL, at timestamptz NOT NULL, type text NOT NULL,
             text text NOT NULL, by_name text, by_role text, unit text, PRIMARY KEY (subject, sequence))"""
    )
    op.execute(
        """CREATE TABLE dispatch.case_order (
             order_id text NOT NULL, case_id text NOT NULL, live boolean NOT NULL, since timestamptz NOT NULL,
             source text NOT NULL, channel text NOT NULL, kind text, callback_by text NOT NULL,
             anonymous boolean NOT NULL, resolved boolean, satisfaction text, answered_at timestamptz,
             PRIMARY KEY (order_id, case_id))"""
    )
    op.execute("CREATE UNIQUE INDEX case_order_live ON dispatch.case_order (order_id) WHERE live")
    op.execute("CREATE INDEX case_order_case ON dispatch.case_order (case_id)")
    op.execute(
        """CREATE TABLE dispatch.remembered (
             key_id text NOT NULL, idempotency_key text NOT NULL, fingerprint bytea NOT NULL, answer jsonb NOT NULL,
             at timestamptz NOT NULL, PRIMARY KEY (key_id, idempotency_key))"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE dispatch.remembered, dispatch.case_order, dispatch.entry, dispatch.clock, dispatch.cases")
    for statement in drop_tables_v1("dispatch"):
        op.execute(statement)
