"""Units' feeds, what is kept of cases and orders, subscriptions, and deliveries in their lines."""

from alembic import op

from services.kit.ddl import drop_tables_v1, tables_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in tables_v1("notify"):
        op.execute(statement)
    # The row of a unit is locked while its next positions are given out: positions are visible in their order.
    op.execute(
        """CREATE TABLE notify.head (unit text PRIMARY KEY, position bigint NOT NULL)
           WITH (fillfactor = 50)"""
    )
    # json, not jsonb: it is written once and handed out as it stands.
    op.execute(
        """CREATE TABLE notify.feed (
             unit text NOT NULL, position bigint NOT NULL, case_id text NOT NULL, event json NOT NULL,
             created_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (unit, position))"""
    )
    op.execute("CREATE INDEX feed_created ON notify.feed USING brin (created_at)")
    op.execute(
        """CREATE TABLE notify.matter (
             case_id text PRIMARY KEY, known jsonb NOT NULL,
             changed_at timestamptz NOT NULL DEFAULT clock_timestamp()) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX matter_changed ON notify.matter USING brin (changed_at)")
    op.execute(
        """CREATE TABLE notify.origin (
             order_id text PRIMARY KEY, source text, callback_url text, sandbox boolean NOT NULL DEFAULT false,
             entered boolean NOT NULL DEFAULT false, gone boolean NOT NULL DEFAULT false,
             changed_at timestamptz NOT NULL DEFAULT clock_timestamp()) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX origin_changed ON notify.origin USING brin (changed_at)")
    op.execute(
        """CREATE TABLE notify.early (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id text NOT NULL, event_id text NOT NULL,
             name text NOT NULL, event json NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp())"""
    )
    op.execute("CREATE INDEX early_order ON notify.early (order_id, id)")
    op.execute(
        """CREATE TABLE notify.subscription (
             id text PRIMARY KEY, unit text NOT NULL, kind text NOT NULL, target text NOT NULL, sealed_secret bytea,
             types text[] NOT NULL, concerns text[] NOT NULL, grids text[] NOT NULL,
             state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'gone')),
             created_at timestamptz NOT NULL, created_by text NOT NULL)"""
    )
    op.execute("CREATE INDEX subscription_unit ON notify.subscription (unit, id)")
    op.execute(
        """CREATE TABLE notify.delivery (
             id text PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY, kind text NOT NULL,
             receiver text NOT NULL, subject text NOT NULL, unit text, source text, target text NOT NULL,
             event_id text NOT NULL, name text NOT NULL, event json NOT NULL,
             state text NOT NULL DEFAULT 'pending'
               CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'cancelled')),
             attempts int NOT NULL DEFAULT 0, status int, error text,
             created_at timestamptz NOT NULL, finished_at timestamptz, UNIQUE (receiver, event_id))
           WITH (fillfactor = 80)"""
    )
    op.execute(
        """CREATE INDEX delivery_line ON notify.delivery (receiver, subject, position)
           WHERE state IN ('pending', 'sending')"""
    )
    op.execute("CREATE INDEX delivery_state ON notify.delivery (state, position)")
    op.execute("CREATE INDEX delivery_unit ON notify.delivery (unit, position)")
    op.execute("CREATE INDEX delivery_source ON notify.delivery (source, position) WHERE source IS NOT NULL")
    # A line is what waits for one receiver about one case, there as long as something does. Only the first of a line
    # is ever looked for, so that a receiver that is down costs nothing but its tries. `lane`: host and port.
    op.execute(
        """CREATE TABLE notify.line (
             receiver text NOT NULL, subject text NOT NULL, lane text NOT NULL, next_at timestamptz NOT NULL,
             tries int NOT NULL DEFAULT 0, lease uuid, PRIMARY KEY (receiver, subject)) WITH (fillfactor = 70)"""
    )
    op.execute("CREATE INDEX line_due ON notify.line (lane, next_at)")
    op.execute("CREATE INDEX line_untried ON notify.line (receiver) WHERE tries = 0")


def downgrade() -> None:
    op.execute(
        """DROP TABLE notify.line, notify.delivery, notify.subscription, notify.early, notify.origin, notify.matter,
             notify.feed, notify.head"""
    )
    for statement in drop_tables_v1("notify"):
        op.execute(statement)
