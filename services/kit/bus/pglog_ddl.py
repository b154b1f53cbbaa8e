"""Tables of the log engine, in a schema of its own, and the statements that keep them small.

`message` is append-only; offsets have no gaps until housekeeping.
"""

# Each takes $1 = now. A partition is read along its primary key from its beginning, no further than needed.
HOUSEKEEPING = (
    """WITH last AS (
         SELECT m.partition_id, m.key, max(m."offset") AS kept FROM bus.message AS m
         JOIN bus.partition AS p ON p.id = m.partition_id JOIN bus.topic AS t ON t.name = p.topic
         WHERE t.compacted AND m.at <= $1::timestamptz GROUP BY m.partition_id, m.key HAVING count(*) > 1)
       DELETE FROM bus.message AS m USING last
       WHERE m.partition_id = last.partition_id AND m.key = last.key AND m."offset" < last.kept""",
    # A tombstone stays a day, so that a copy that was away for a night still hears of it.
    """DELETE FROM bus.message AS m USING bus.partition AS p JOIN bus.topic AS t ON t.name = p.topic
       WHERE m.partition_id = p.id AND t.compacted AND m.value IS NULL AND m.at < $1::timestamptz - interval '1 day'""",
    # Rows of a partition are in the order of their time: the first young one ends the search.
    """DELETE FROM bus.message AS m USING (
         SELECT p.id, coalesce(
           (SELECT y."offset" FROM bus.message AS y WHERE y.partition_id = p.id AND y.at >= $1::timestamptz - t.retention
            ORDER BY y."offset" LIMIT 1), p.next_offset) AS first
         FROM bus.partition AS p JOIN bus.topic AS t ON t.name = p.topic
         WHERE t.retention IS NOT NULL AND NOT t.compacted) AS young
       WHERE m.partition_id = young.id AND m."offset" < young.first""",
)


def create_schema_sql() -> list[str]:
    return [
        "CREATE SCHEMA IF NOT EXISTS bus",
        """CREATE TABLE IF NOT EXISTS bus.topic (
             name text PRIMARY KEY, compacted boolean NOT NULL, retention interval)""",
        """CREATE TABLE IF NOT EXISTS bus.partition (
             id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             topic text NOT NULL REFERENCES bus.topic ON DELETE CASCADE, number int NOT NULL,
             next_offset bigint NOT NULL DEFAULT 0, UNIQUE (topic, number)) WITH (fillfactor = 50)""",
        """CREATE TABLE IF NOT EXISTS bus.message (
             partition_id int NOT NULL, "offset" bigint NOT NULL, key text NOT NULL, headers text NOT NULL, value bytea,
             at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (partition_id, "offset"))""",
        """CREATE TABLE IF NOT EXISTS bus.group_offset (
             name text NOT NULL, partition_id int NOT NULL, next_offset bigint NOT NULL,
             PRIMARY KEY (name, partition_id)) WITH (fillfactor = 50)""",
        """CREATE TABLE IF NOT EXISTS bus.member (
             name text NOT NULL, member uuid NOT NULL, seen_at timestamptz NOT NULL, PRIMARY KEY (name, member))""",
        """CREATE TABLE IF NOT EXISTS bus.claim (
             name text NOT NULL, partition_id int NOT NULL, member uuid NOT NULL, PRIMARY KEY (name, partition_id))""",
    ]
