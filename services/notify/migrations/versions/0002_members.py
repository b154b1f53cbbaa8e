"""Which orders are in a case, for events of cases of very many name some only; numbers for the events that tell what
sources answered."""

from alembic import op

from services.kit.contracts.cases import LISTED

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE notify.member (
             case_id text NOT NULL, order_id text NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY,
             changed_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (case_id, order_id))"""
    )
    op.execute(
        """CREATE TABLE notify.answered (
             order_id text PRIMARY KEY, sequence bigint NOT NULL,
             changed_at timestamptz NOT NULL DEFAULT clock_timestamp())"""
    )
    op.execute("CREATE INDEX answered_changed ON notify.answered USING brin (changed_at)")
    op.execute("CREATE INDEX member_changed ON notify.member USING brin (changed_at)")
    # Cases that are of many already: what their last event named, while it still named all. The next event of a smaller
    # one that changes its orders names them all again.
    op.execute(
        f"""INSERT INTO notify.member (case_id, order_id)
            SELECT last.case_id, named.order_id FROM (
              SELECT DISTINCT ON (f.case_id) f.case_id, f.event FROM notify.feed f
              WHERE json_typeof(f.event->'data'->'orders') = 'array'
              ORDER BY f.case_id, CAST(f.event->>'sequence' AS bigint) DESC) AS last
            CROSS JOIN LATERAL json_array_elements_text(last.event->'data'->'orders') WITH ORDINALITY
              AS named (order_id, ord)
            WHERE json_array_length(last.event->'data'->'orders') >= {LISTED}
            ORDER BY last.case_id, named.ord ON CONFLICT DO NOTHING"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE notify.answered, notify.member")
