"""Orders, their sealed personal parts, what idempotency remembers, and the audit trail."""

from alembic import op

from services.kit.ddl import drop_tables_v1, tables_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in tables_v1("intake"):
        op.execute(statement)
    op.execute(
        """CREATE TABLE intake.orders (
             order_id text PRIMARY KEY, source text NOT NULL, external_id text NOT NULL, status text NOT NULL,
             channel text NOT NULL, kind text, title text NOT NULL, content text NOT NULL, address text,
             reported_at timestamptz NOT NULL, received_at timestamptz NOT NULL, changed_at timestamptz NOT NULL,
             reason text, said text, located jsonb, classified jsonb, details jsonb NOT NULL, callback_url text,
             case_id text, case_sequence bigint NOT NULL DEFAULT 0, left_cases text[] NOT NULL DEFAULT '{}',
             satisfaction text, version int NOT NULL, sequence bigint NOT NULL,
             progress jsonb NOT NULL DEFAULT '[]',
             UNIQUE (source, external_id)) WITH (fillfactor = 85)"""
    )
    op.execute("CREATE INDEX orders_changed ON intake.orders (changed_at, order_id)")
    op.execute("CREATE INDEX orders_of_source ON intake.orders (source, changed_at, order_id)")
    op.execute("CREATE INDEX orders_external ON intake.orders (external_id)")
    op.execute("CREATE INDEX orders_case ON intake.orders (case_id) WHERE case_id IS NOT NULL")
    op.execute("CREATE INDEX orders_status ON intake.orders (status, changed_at, order_id)")
    op.execute("CREATE INDEX orders_waiting ON intake.orders (order_id) WHERE status = 'received'")
    # Everything personal of an order in one row, to be deleted on time without touching the order. No foreign key:
    # checking it would cost the hot path more than it guards, both rows being written by one statement.
    op.execute(
        """CREATE TABLE intake.personal (
             order_id text PRIMARY KEY, content bytea NOT NULL, person bytea, phone_index bytea,
             key_id text NOT NULL)"""
    )
    op.execute("CREATE INDEX personal_phone ON intake.personal (phone_index) WHERE phone_index IS NOT NULL")
    # Without a reference to the order: an id is known again after the order is gone.
    op.execute(
        """CREATE TABLE intake.seen (
             source text NOT NULL, kind text NOT NULL CHECK (kind IN ('external_id', 'key')), id text NOT NULL,
             order_id text NOT NULL, fingerprint bytea NOT NULL, seen_at timestamptz NOT NULL,
             PRIMARY KEY (source, kind, id))"""
    )
    op.execute(
        """CREATE TABLE intake.entry (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id text NOT NULL, at timestamptz NOT NULL,
             action text NOT NULL, by_key text NOT NULL, by_name text NOT NULL, by_role text NOT NULL,
             note text NOT NULL, sealed_note bytea, key_id text)"""
    )
    op.execute("CREATE INDEX entry_order ON intake.entry (order_id, id)")


def downgrade() -> None:
    op.execute("DROP TABLE intake.entry, intake.seen, intake.personal, intake.orders")
    for statement in drop_tables_v1("intake"):
        op.execute(statement)
