"""One index for lists of a district's whole history, instead of eight."""

from alembic import op

revision = "0014"
down_revision = "0013"

# The codes of a case, each with the thirty days in which it was opened: among the cases of a month those are few that share
# even a common code, and several codes at once are compared in the index. Codes are kept apart by a sign that none of them has.
_STAMPED = r"""
CREATE FUNCTION dispatch.stamped(codes text[], at timestamptz) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE month text := ' ' || floor(extract(epoch FROM at) / 2592000);
BEGIN
  RETURN string_to_array(array_to_string(codes, month || E'\x1f') || month, E'\x1f');
END $$"""
_CODES = """dispatch.stamped(involved || grids || ARRAY['', state, concern, sub_concern, class,
  CASE WHEN red_at IS NOT NULL THEN 'waiting' END], opened_at)"""
# Words in the same index, where the server has the extension: then they are compared together with the codes and the month.
# A search reads what waits to be put into its place, once for each month: with the usual four megabytes that takes 30 ms.
_FOUND = f"""
DO $$ DECLARE words text;
BEGIN
  SELECT format(', words %I.gin_trgm_ops', n.nspname) INTO words
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
  EXECUTE 'CREATE INDEX cases_found ON dispatch.cases USING gin (({_CODES.replace("'", "''")})'
    || coalesce(words, '') || ') WITH (gin_pending_list_limit = 2048)';
END $$"""
_WORDS = """
DO $$ DECLARE home text;
BEGIN
  SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_trgm';
  IF home IS NOT NULL THEN
    EXECUTE format('CREATE INDEX cases_words ON dispatch.cases USING gin (words %I.gin_trgm_ops)', home);
  END IF;
END $$"""


def upgrade() -> None:
    op.execute(_STAMPED)
    op.execute("DROP INDEX IF EXISTS dispatch.cases_words")
    op.execute(
        """DROP INDEX dispatch.cases_state, dispatch.cases_concern, dispatch.cases_sub, dispatch.cases_class,
             dispatch.cases_involved, dispatch.cases_grids, dispatch.cases_red"""
    )
    op.execute(_FOUND)


def downgrade() -> None:
    op.execute("DROP INDEX dispatch.cases_found")
    op.execute("DROP FUNCTION dispatch.stamped")
    for name, column in (("state", "state"), ("concern", "concern"), ("sub", "sub_concern"), ("class", "class")):
        op.execute(f"CREATE INDEX cases_{name} ON dispatch.cases ({column}, opened_at DESC, case_id DESC)")
    op.execute("CREATE INDEX cases_red ON dispatch.cases (red_at) WHERE red_at IS NOT NULL")
    op.execute("CREATE INDEX cases_involved ON dispatch.cases USING gin (involved)")
    op.execute("CREATE INDEX cases_grids ON dispatch.cases USING gin (grids)")
    op.execute(_WORDS)
