#include "store/postgresql/schema.h"

namespace authd::store {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE authd_head (
  is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one),
  format bigint NOT NULL,
  rev bigint NOT NULL,
  mark bytea NOT NULL) WITH (fillfactor = 50);
CREATE TABLE authd_log (
  rev bigint PRIMARY KEY,
  mark bytea NOT NULL,
  made timestamptz NOT NULL DEFAULT now(),
  keys bytea[] NOT NULL,
  vals bytea[] NOT NULL);
CREATE TABLE authd_kv (
  key bytea PRIMARY KEY,
  value bytea NOT NULL,
  rev bigint NOT NULL);
CREATE TABLE authd_writers (
  id bytea PRIMARY KEY,
  attempt bigint NOT NULL,
  rev bigint NOT NULL,
  refused int[] NOT NULL,
  seen timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 50);
CREATE TABLE authd_nodes (
  name text PRIMARY KEY,
  version text NOT NULL,
  rev bigint NOT NULL,
  leads boolean NOT NULL,
  seen timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 50);
ALTER TABLE authd_log ALTER COLUMN vals SET STORAGE EXTERNAL;
INSERT INTO authd_head (format, rev, mark) VALUES (1, 0, uuid_send(gen_random_uuid()));
INSERT INTO authd_log (rev, mark, keys, vals) SELECT rev, mark, '{}', '{}' FROM authd_head;
)sql";

// Commits the closures of a group whose reads still hold, and says which do not.
//
// The tail of the log, from the revision that the group was computed on to the newest one, has
// every key that has changed since. A closure that read one of them is refused, and so is a closure
// that read what a refused one would have written. Nobody else commits meanwhile: the row of the
// head is locked. A group without writes only asks, and locks nothing.
//
// state: 0 done; 1 fenced: another process has settled this attempt; 2 the log no longer has
// `base`; 3 `base` is of another history.
constexpr const char* kCommit = R"sql(
CREATE OR REPLACE FUNCTION authd_commit_1(
  writer bytea, this_attempt bigint, base bigint, base_mark bytea,
  read_of int[], read_keys bytea[], write_of int[], write_keys bytea[], write_vals bytea[],
  OUT state int, OUT new_rev bigint, OUT new_mark bytea, OUT refused int[])
LANGUAGE plpgsql AS $body$
DECLARE
  head bigint;
  known_mark bytea;
  more int[];
  last bigint;
  last_keys bytea[];
  last_vals bytea[];
BEGIN
  state := 0;
  refused := '{}';
  IF cardinality(write_of) > 0 THEN
    SELECT h.rev, h.mark INTO head, new_mark FROM authd_head h FOR UPDATE;
    SELECT w.attempt INTO last FROM authd_writers w WHERE w.id = writer FOR UPDATE;
    IF last >= this_attempt THEN
      state := 1;
      RETURN;
    END IF;
  ELSE
    SELECT h.rev, h.mark INTO head, new_mark FROM authd_head h;
  END IF;
  new_rev := head;
  IF base > head THEN
    state := 3;
    RETURN;
  END IF;
  IF base = head THEN
    known_mark := new_mark;
  ELSE
    SELECT l.mark INTO known_mark FROM authd_log l WHERE l.rev = base;
  END IF;
  IF known_mark IS NULL THEN
    state := 2;
    RETURN;
  END IF;
  IF known_mark <> base_mark THEN
    state := 3;
    RETURN;
  END IF;
  IF head > base THEN
    SELECT coalesce(array_agg(DISTINCT r.nr), '{}') INTO refused
      FROM unnest(read_of, read_keys) AS r(nr, key)
      JOIN (SELECT DISTINCT unnest(l.keys) AS key FROM authd_log l
             WHERE l.rev > base AND l.rev <= head) AS c ON c.key = r.key;
    WHILE cardinality(refused) > 0 LOOP
      SELECT array_agg(DISTINCT r.nr) INTO more
        FROM unnest(read_of, read_keys) AS r(nr, key)
        JOIN unnest(write_of, write_keys) AS w(nr, key) ON w.key = r.key AND w.nr < r.nr
       WHERE w.nr = ANY (refused) AND NOT r.nr = ANY (refused);
      EXIT WHEN more IS NULL;
      refused := refused || more;
    END LOOP;
  END IF;
  SELECT array_agg(n.key), array_agg(n.val) INTO last_keys, last_vals
    FROM (SELECT DISTINCT ON (w.key) w.key, w.val
            FROM unnest(write_of, write_keys, write_vals) AS w(nr, key, val)
           WHERE NOT w.nr = ANY (refused)
           ORDER BY w.key, w.nr DESC) AS n;
  IF last_keys IS NULL THEN
    RETURN;
  END IF;
  new_rev := head + 1;
  new_mark := uuid_send(gen_random_uuid());
  INSERT INTO authd_kv AS k (key, value, rev)
    SELECT n.key, n.val, new_rev FROM unnest(last_keys, last_vals) AS n(key, val)
     WHERE n.val IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, rev = excluded.rev;
  DELETE FROM authd_kv k USING unnest(last_keys, last_vals) AS n(key, val)
   WHERE n.val IS NULL AND k.key = n.key;
  INSERT INTO authd_log (rev, mark, keys, vals) VALUES (new_rev, new_mark, last_keys, last_vals);
  UPDATE authd_head SET rev = new_rev, mark = new_mark;
  INSERT INTO authd_writers AS w (id, attempt, rev, refused)
    VALUES (writer, this_attempt, new_rev, authd_commit_1.refused)
    ON CONFLICT (id) DO UPDATE SET attempt = excluded.attempt, rev = excluded.rev,
                                   refused = excluded.refused, seen = now();
  PERFORM pg_notify('authd', new_rev::text);
END
$body$;
)sql";

// Settles an attempt whose reply was lost: afterwards it either has committed or never will.
constexpr const char* kSettle = R"sql(
CREATE OR REPLACE FUNCTION authd_settle_1(
  writer bytea, this_attempt bigint, OUT is_committed boolean, OUT new_rev bigint, OUT refused int[])
LANGUAGE plpgsql AS $body$
DECLARE
  last bigint;
BEGIN
  PERFORM 1 FROM authd_head FOR UPDATE;
  SELECT w.attempt, w.rev, w.refused INTO last, new_rev, refused
    FROM authd_writers w WHERE w.id = writer FOR UPDATE;
  is_committed := coalesce(last = this_attempt AND new_rev > 0, false);
  IF last IS NULL OR last < this_attempt THEN
    INSERT INTO authd_writers AS w (id, attempt, rev, refused)
      VALUES (writer, this_attempt, 0, '{}')
      ON CONFLICT (id) DO UPDATE SET attempt = excluded.attempt, rev = 0, refused = '{}',
                                     seen = now();
  END IF;
END
$body$;
)sql";

// Two nodes that start at once must not both create it. (A number of our own, the same for all
// schemas; the lock is held for milliseconds.)
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(4704771894230514273)";

Error newer_format() {
  return Error{ErrorCode::invalid,
               "the data in PostgreSQL was written by a newer authd; install that release"};
}

Error no_right(const std::string& schema, const Error& cause) {
  return Error{ErrorCode::unavailable,
               "cannot create the tables in the schema " + schema + " (CREATE SCHEMA " + schema +
                   " AUTHORIZATION the role, once, by its administrator): " + cause.message};
}

Result<bool> is_prepared(Connection& connection, Milliseconds limit) {
  const Rows found = TRY(connection.run("SELECT to_regclass('authd_head') IS NOT NULL", {}, limit));
  if (!found.flag(0, 0)) return false;
  const Rows format = TRY(connection.run("SELECT format FROM authd_head", {}, limit));
  if (format.count() != 1) return false;
  if (format.number(0, 0) > kSchemaFormat) return newer_format();
  return true;
}

}  // namespace

Result<bool> has_schema(Connection& connection, Milliseconds limit) {
  return is_prepared(connection, limit);
}

Result<void> prepare_schema(Connection& connection, const std::string& schema, Milliseconds limit) {
  if (TRY(is_prepared(connection, limit))) return {};
  TRY(connection.run_script("BEGIN", limit));
  const auto create = [&]() -> Result<void> {
    static_cast<void>(TRY(connection.run(kLock, {}, limit)));
    if (TRY(is_prepared(connection, limit))) return {};  // by another node, meanwhile
    const Rows exists = TRY(connection.run(
        "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = convert_from($1, 'UTF8'))",
        {Parameter(schema)}, limit));
    if (!exists.flag(0, 0)) {
      if (Result<void> made = connection.run_script("CREATE SCHEMA \"" + schema + "\"", limit);
          !made) {
        return no_right(schema, made.error());
      }
    }
    for (const char* part : {kTables, kCommit, kSettle}) {
      if (Result<void> made = connection.run_script(part, limit); !made) {
        return no_right(schema, made.error());
      }
    }
    return {};
  };
  if (Result<void> made = create(); !made) {
    static_cast<void>(connection.run_script("ROLLBACK", limit));
    return made;
  }
  return connection.run_script("COMMIT", limit);
}

}  // namespace authd::store
