"""The record of a case, chained: what is there already is chained as it stands, its state told by its last entry."""

from alembic import op

revision = "0005"
down_revision = "0004"

# The facts of a case as an entry's `set` has them.
_FACTS = """jsonb_build_object(
    'state', c.state, 'class', c.class, 'level', c.level, 'concern', c.concern, 'sub_concern', c.sub_concern,
    'lead', c.lead, 'assists', to_jsonb(c.assists), 'called', to_jsonb(c.called), 'round', c.round,
    'excluded', c.excluded, 'fabric_version', c.fabric_version, 'in', to_jsonb(c.orders),
    'clocks', coalesce((SELECT jsonb_object_agg(k.round || '/' || k.kind,
        jsonb_build_array(k.due, k.state, k.met_at, k.ended))
      FROM dispatch.clock k WHERE k.case_id = c.case_id
        AND k.kind IN ('sign', 'contact', 'on_site', 'resolve', 'verify', 'callback', 'recheck')), '{}'))"""
_LASTS = f"""CREATE TEMPORARY TABLE record_last ON COMMIT DROP AS
    SELECT l.subject, l.sequence, {_FACTS} AS facts
    FROM (SELECT subject, max(sequence) AS sequence FROM dispatch.entry GROUP BY subject) AS l
    JOIN dispatch.cases c ON c.case_id = l.subject"""
_WHISTLES = """CREATE TEMPORARY TABLE record_whistle ON COMMIT DROP AS
    SELECT coalesce(w.case_id, w.whistle_id) AS subject, w.entries[array_upper(w.entries, 1)] AS sequence,
      jsonb_build_object('id', w.whistle_id, 'state', w.state, 'calls', (
        SELECT coalesce(jsonb_object_agg(call->>'unit',
          jsonb_build_array(call->'state', call->'late', call->'released')), '{}')
        FROM jsonb_array_elements(CASE jsonb_typeof(w.calls) WHEN 'array' THEN w.calls ELSE '[]' END) AS call)) AS about
    FROM dispatch.whistles w"""
_SALTS = "UPDATE dispatch.entry SET salts = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"
_COMMITTED = "encode(sha256(substring(e.salts FROM {0} FOR 16) || convert_to({1}, 'UTF8')), 'hex')"
_BODIES = f"""UPDATE dispatch.entry AS e SET body = convert_to(CAST(jsonb_strip_nulls(jsonb_build_object(
      'whistle', (SELECT w.about FROM record_whistle w
        WHERE w.subject = e.subject AND w.sequence = e.sequence LIMIT 1))) || jsonb_build_object(
      'subject', e.subject, 'sequence', e.sequence,
      'at', e.at,
      'type', e.type, 'unit', e.unit, 'by_role', e.by_role,
      'text', {_COMMITTED.format(1, "e.text")},
      'by_name', {_COMMITTED.format(17, "coalesce('+' || e.by_name, '')")},
      'set', coalesce((SELECT l.facts FROM record_last l WHERE l.subject = e.subject AND l.sequence = e.sequence),
        '{{}}')) AS text), 'UTF8')"""
_ROWS = """CREATE TEMPORARY TABLE record_row ON COMMIT DROP AS
    SELECT subject, sequence, body, row_number() OVER (PARTITION BY subject ORDER BY sequence) AS place
    FROM dispatch.entry"""
_CHAIN = """WITH RECURSIVE chain AS (
      SELECT subject, sequence, place, sha256(decode(repeat('00', 32), 'hex') || body) AS hash FROM record_row
      WHERE place = 1
      UNION ALL
      SELECT r.subject, r.sequence, r.place, sha256(c.hash || r.body) FROM chain c
      JOIN record_row r ON r.subject = c.subject AND r.place = c.place + 1)
    UPDATE dispatch.entry AS e SET hash = chain.hash FROM chain
    WHERE chain.subject = e.subject AND chain.sequence = e.sequence"""
_HEADS = """INSERT INTO dispatch.unsealed (subject, sequence, hash)
    SELECT DISTINCT ON (subject) subject, sequence, hash FROM dispatch.entry ORDER BY subject, sequence DESC"""
_OF_ROWS = """UPDATE dispatch.{0} AS r SET head = u.hash FROM dispatch.unsealed AS u WHERE u.subject = r.{1}"""


def upgrade() -> None:
    # `body` are the bytes that are chained, `salts` those of text and by_name; a salt of zeros: deleted with its field.
    op.execute("ALTER TABLE dispatch.entry ADD body bytea, ADD salts bytea, ADD hash bytea")
    # The hash of the last entry: the next one needs it, and the row is locked then anyway.
    op.execute("ALTER TABLE dispatch.cases ADD head bytea NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE dispatch.whistles ADD head bytea NOT NULL DEFAULT ''")
    # Heads that no checkpoint holds yet. No index: it is filled and emptied from end to end.
    op.execute("CREATE TABLE dispatch.unsealed (subject text NOT NULL, sequence bigint NOT NULL, hash bytea NOT NULL)")
    op.execute(
        """CREATE TABLE dispatch.checkpoint (
             number bigint PRIMARY KEY, body bytea NOT NULL, hash bytea NOT NULL, signature bytea NOT NULL)"""
    )
    for statement, table, columns in (
        (_LASTS, "record_last", "subject, sequence"),
        (_WHISTLES, "record_whistle", "subject, sequence"),
    ):
        _aside(statement, table, columns)
    op.execute(_SALTS)
    op.execute(_BODIES)
    _aside(_ROWS, "record_row", "subject, place")
    op.execute(_CHAIN)
    op.execute(
        """ALTER TABLE dispatch.entry ALTER body SET NOT NULL, ALTER salts SET NOT NULL, ALTER hash SET NOT NULL"""
    )
    op.execute(_HEADS)
    op.execute(_OF_ROWS.format("cases", "case_id"))
    op.execute(_OF_ROWS.format("whistles", "whistle_id"))


def _aside(statement: str, table: str, columns: str) -> None:
    op.execute(statement)
    op.execute(f"CREATE INDEX ON {table} ({columns})")
    op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    op.execute("DROP TABLE dispatch.checkpoint, dispatch.unsealed")
    op.execute("ALTER TABLE dispatch.whistles DROP head")
    op.execute("ALTER TABLE dispatch.cases DROP head")
    op.execute("ALTER TABLE dispatch.entry DROP hash, DROP salts, DROP body")
