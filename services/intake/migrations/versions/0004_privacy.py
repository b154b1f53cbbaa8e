"""Rotation of keys, retention, and requests of persons about their own data."""

from alembic import op

revision = "0004"
down_revision = "0003"

_ENDED = "status IN ('closed', 'declined', 'returned_to_source', 'withdrawn')"


def upgrade() -> None:
    # What was asked for without an order: a search by number, a person's own request. `person` is the blind index.
    op.execute("ALTER TABLE intake.entry ALTER order_id DROP NOT NULL, ADD COLUMN person bytea")
    op.execute("CREATE INDEX entry_by ON intake.entry (by_name, id)")
    op.execute("CREATE INDEX entry_person ON intake.entry (person, id) WHERE person IS NOT NULL")
    op.execute("CREATE INDEX entry_key ON intake.entry (key_id) WHERE key_id IS NOT NULL")
    op.execute("CREATE INDEX entry_at ON intake.entry USING brin (at)")
    # Nearly all rows have the same key, which an index keeps as one entry with many places.
    op.execute("CREATE INDEX personal_key ON intake.personal (key_id)")
    # Beside the order and not in a table of their own: whoever erases has the row locked and sees them as they are.
    op.execute(
        """ALTER TABLE intake.orders ADD COLUMN erased_at timestamptz, ADD COLUMN held boolean NOT NULL DEFAULT false,
             ADD COLUMN erase_asked text"""
    )
    op.execute(
        f"""CREATE INDEX orders_to_erase ON intake.orders (changed_at, order_id)
            WHERE erased_at IS NULL AND NOT held AND {_ENDED}"""
    )
    op.execute(
        f"""CREATE INDEX orders_to_delete ON intake.orders (changed_at, order_id)
            WHERE erased_at IS NOT NULL AND NOT held AND {_ENDED}"""
    )
    op.execute("CREATE INDEX orders_erase_asked ON intake.orders (order_id) WHERE erase_asked IS NOT NULL")
    op.execute(
        """CREATE TABLE intake.erasure (
             day date NOT NULL, ground text NOT NULL, part text NOT NULL, rows bigint NOT NULL,
             ended_from timestamptz NOT NULL, ended_to timestamptz NOT NULL, at timestamptz NOT NULL,
             PRIMARY KEY (day, ground, part)) WITH (fillfactor = 70)"""
    )
    op.execute(
        """CREATE TABLE intake.person_request (
             request_id text PRIMARY KEY, at timestamptz NOT NULL, kind text NOT NULL
               CHECK (kind IN ('export', 'erase')),
             person bytea NOT NULL, ground text, by_key text NOT NULL, by_name text NOT NULL, by_role text NOT NULL,
             outcome jsonb NOT NULL)"""
    )
    op.execute("CREATE INDEX person_request_at ON intake.person_request (at, request_id)")


def downgrade() -> None:
    op.execute("DROP TABLE intake.person_request, intake.erasure")
    op.execute("DROP INDEX intake.orders_to_erase, intake.orders_to_delete, intake.orders_erase_asked")
    op.execute("ALTER TABLE intake.orders DROP COLUMN erased_at, DROP COLUMN held, DROP COLUMN erase_asked")
    op.execute(
        "DROP INDEX intake.personal_key, intake.entry_by, intake.entry_person, intake.entry_key, intake.entry_at"
    )
    op.execute("DELETE FROM intake.entry WHERE order_id IS NULL")
    op.execute("ALTER TABLE intake.entry DROP COLUMN person, ALTER order_id SET NOT NULL")
