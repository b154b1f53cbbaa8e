"""The tables every service keeps in its own schema for the kernel: outbox, inbox, parked events, timers.

Called by a service's first migration; a later change gets a function of its own, because migrations are never edited.
"""


def tables_v1(schema: str) -> list[str]:
    return [
        f'CREATE SEQUENCE "{schema}".outbox_seq CACHE 1',
        f"""CREATE TABLE "{schema}".outbox (
            seq bigint NOT NULL DEFAULT nextval('"{schema}".outbox_seq'),
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            topic text NOT NULL, key text NOT NULL, headers jsonb NOT NULL, value bytea,
            published_at timestamptz,
            PRIMARY KEY (seq, created_at)
        ) PARTITION BY RANGE (created_at)""",
        f'CREATE INDEX outbox_unpublished ON "{schema}".outbox (seq) WHERE published_at IS NULL',
        f'CREATE TABLE "{schema}".outbox_rest PARTITION OF "{schema}".outbox DEFAULT',
        f"""CREATE TABLE "{schema}".inbox_offset (
            consumer text NOT NULL, topic text NOT NULL, partition int NOT NULL, next_offset bigint NOT NULL,
            PRIMARY KEY (consumer, topic, partition))""",
        f"""CREATE TABLE "{schema}".inbox_key (
            consumer text NOT NULL, topic text NOT NULL, key text NOT NULL, sequence bigint NOT NULL,
            seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (consumer, topic, key)) WITH (fillfactor = 80)""",
        f"""CREATE TABLE "{schema}".parked (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            consumer text NOT NULL, topic text NOT NULL, partition int NOT NULL, "offset" bigint NOT NULL,
            key text NOT NULL, headers jsonb NOT NULL, value bytea, error text,
            parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            UNIQUE (consumer, topic, partition, "offset"))""",
        f'CREATE INDEX parked_key ON "{schema}".parked (consumer, topic, key, id)',
        f"""CREATE TABLE "{schema}".timer (
            id uuid PRIMARY KEY, kind text NOT NULL, key text NOT NULL, due_at timestamptz NOT NULL,
            state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending','fired','cancelled','parked')),
            attempts int NOT NULL DEFAULT 0, fired_at timestamptz, payload jsonb NOT NULL DEFAULT '{{}}')""",
        f"""CREATE INDEX timer_due ON "{schema}".timer (due_at) WHERE state = 'pending'""",
        f'CREATE INDEX timer_key ON "{schema}".timer (key)',
    ]


def drop_tables_v1(schema: str) -> list[str]:
    return [
        f'DROP TABLE "{schema}".timer, "{schema}".parked, "{schema}".inbox_key, "{schema}".inbox_offset',
        f'DROP TABLE "{schema}".outbox',
        f'DROP SEQUENCE "{schema}".outbox_seq',
    ]


def many_topics(schema: str) -> list[str]:
    """A row of the outbox may go to many topics; `remaining`: those that have not taken it yet, where some have."""
    return [
        f'ALTER TABLE "{schema}".outbox ADD COLUMN remaining text[]',
        f'ALTER TABLE "{schema}".outbox ALTER COLUMN topic TYPE text[] USING ARRAY[topic]',
        f'ALTER TABLE "{schema}".outbox RENAME COLUMN topic TO topics',
    ]


def one_topic(schema: str) -> list[str]:
    """What still waits for many topics becomes as many rows in the same place of the order."""
    return [
        f"""INSERT INTO "{schema}".outbox (seq, created_at, topics, key, headers, value)
            SELECT seq, created_at + (number - 1) * interval '1 microsecond', ARRAY[topic], key, headers, value
            FROM "{schema}".outbox, unnest(coalesce(remaining, topics)) WITH ORDINALITY AS each (topic, number)
            WHERE published_at IS NULL AND number > 1""",
        f'UPDATE "{schema}".outbox SET topics = remaining WHERE remaining IS NOT NULL AND published_at IS NULL',
        f'ALTER TABLE "{schema}".outbox DROP COLUMN remaining',
        f'ALTER TABLE "{schema}".outbox ALTER COLUMN topics TYPE text USING topics[1]',
        f'ALTER TABLE "{schema}".outbox RENAME COLUMN topics TO topic',
    ]


def as_they_come(schema: str, *tables: str) -> list[str]:
    """Rows up to a page long stand in the table uncompressed: events are hardly two thousand bytes, and pressing each by
    a few hundred cost a fifth of all that the database did for an order. `tables` besides the outbox."""
    return [_of_each(schema, tables, "SET (toast_tuple_target = 8160)")]


def as_by_default(schema: str, *tables: str) -> list[str]:
    return [_of_each(schema, tables, "RESET (toast_tuple_target)")]


def _of_each(schema: str, tables: tuple[str, ...], change: str) -> str:
    """The outbox's partitions too, which alone have rows."""
    named = ", ".join(f"'{table}'" for table in tables) or "''"
    return f"""DO $$ DECLARE name regclass; BEGIN
        FOR name IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '"{schema}".outbox'::regclass
                    UNION SELECT oid::regclass FROM pg_class
                    WHERE relnamespace = '"{schema}"'::regnamespace AND relkind = 'r' AND relname IN ({named})
        LOOP EXECUTE format('ALTER TABLE %s {change}', name); END LOOP;
    END $$"""
