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
