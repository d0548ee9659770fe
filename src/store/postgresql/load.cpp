#include "store/postgresql/binary_copy.h"
#include "store/postgresql/engine.h"
#include "store/postgresql/options.h"
#include "store/postgresql/schema.h"

namespace authd::store {
namespace {

constexpr Milliseconds kLimit{30'000};
// The end of the copy waits until everything is durable.
constexpr Milliseconds kCommitLimit{600'000};
constexpr size_t kPieceBytes = 256 << 10;

Error has_data(const std::string& schema) {
  return Error{ErrorCode::conflict,
               "there is data of authd in the schema " + schema +
                   " already: name another one with store.schema, or drop it (DROP SCHEMA)"};
}

Result<uint64_t> fill(Connection& connection, const Options& options, NextRecord next) {
  const Rows head =
      TRY(connection.run("SELECT rev FROM authd_head WHERE rev = 0 FOR UPDATE", {}, kLimit));
  if (head.count() == 0) return has_data(options.schema);
  uint64_t records = 0;
  std::string piece;
  bool is_ended = false;
  append_copy_head(piece);
  std::string sent;
  TRY(connection.copy_in("COPY authd_kv (key, value, rev) FROM STDIN (FORMAT binary)", kCommitLimit,
                         [&]() -> Result<std::string_view> {
                           std::string_view key;
                           std::string_view value;
                           while (!is_ended && piece.size() < kPieceBytes) {
                             if (!TRY(next(key, value))) {
                               append_copy_end(piece);
                               is_ended = true;
                               break;
                             }
                             append_copy_row(piece, key, value, 1);
                             records += 1;
                           }
                           sent.swap(piece);
                           piece.clear();
                           return std::string_view(sent);
                         }));
  TRY(connection.run_script(
      "UPDATE authd_head SET rev = 1, mark = uuid_send(gen_random_uuid());"
      "DELETE FROM authd_log;"
      "INSERT INTO authd_log (rev, mark, keys, vals) SELECT rev, mark, '{}', '{}' FROM authd_head",
      kLimit));
  return records;
}

}  // namespace

Result<uint64_t> load_postgresql(const Options& options, NextRecord next) {
  Connection connection = TRY(Connection::open(server_of(options), kLimit));
  TRY(prepare_schema(connection, options.schema, kLimit));
  TRY(connection.run_script("BEGIN", kLimit));
  const uint64_t records = TRY(fill(connection, options, next));
  TRY(connection.run_script("COMMIT", kCommitLimit));
  return records;
}

}  // namespace authd::store
