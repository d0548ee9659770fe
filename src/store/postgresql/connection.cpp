#include "store/postgresql/connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "store/store.h"

namespace authd::store {
namespace {

constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt4 = 23;
constexpr Oid kInt4Array = 1007;
constexpr Oid kByteaArray = 1001;

constexpr int kOldestVersion = 130000;

using Deadline = std::chrono::steady_clock::time_point;

Deadline after(Milliseconds limit) {
  return std::chrono::steady_clock::now() + limit;
}

// False when the time is up. A signal does not end the wait.
bool wait_for(int socket, short events, Deadline end) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{socket, events, 0};
    const int ready = poll(&one, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

template <typename Number>
void append_number(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<uint64_t>(number) >> shift & 0xff);
}

int64_t number_of(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes)
    number = number << 8 | static_cast<uint8_t>(byte);
  return bytes.size() == 4 ? static_cast<int32_t>(static_cast<uint32_t>(number))
                           : static_cast<int64_t>(number);
}

[[noreturn]] void unexpected() {
  throw Fault(FaultKind::corrupt, "PostgreSQL sent a value of another form than was asked for");
}

// Reads a binary array (one dimension) an element at a time.
class ArrayReader {
 public:
  ArrayReader(std::string_view bytes, Oid type) : rest_(bytes) {
    const int64_t dimensions = take_number();
    take_number();  // whether there are NULLs
    if (take_number() != static_cast<int64_t>(type) || dimensions > 1) unexpected();
    if (dimensions == 0) return;
    left_ = take_number();
    take_number();  // the lower bound
  }
  bool has_more() const { return left_ > 0; }
  std::optional<std::string_view> take() {
    left_ -= 1;
    const int64_t size = take_number();
    if (size < 0) return std::nullopt;
    return take_bytes(static_cast<size_t>(size));
  }

 private:
  std::string_view take_bytes(size_t count) {
    if (count > rest_.size()) unexpected();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  int64_t take_number() { return number_of(take_bytes(4)); }

  std::string_view rest_;
  int64_t left_ = 0;
};

void append_array_head(std::string& out, Oid type, size_t count, bool has_null) {
  append_number<int32_t>(out, count > 0 ? 1 : 0);
  append_number<int32_t>(out, has_null ? 1 : 0);
  append_number<uint32_t>(out, type);
  if (count == 0) return;
  append_number(out, static_cast<int32_t>(count));
  append_number<int32_t>(out, 1);
}

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

// What every session needs. A peer that has vanished is noticed within some seconds, on both sides.
std::string session_settings(const PostgresqlOptions& options) {
  return "SET search_path = " + quoted_name(options.schema) +
         ", pg_catalog;"
         "SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1;"
         "SET tcp_keepalives_count = 3; SET tcp_user_timeout = 5000;"
         "SET idle_in_transaction_session_timeout = 3000; SET lock_timeout = 2000;"
         "SET statement_timeout = 0; SET client_min_messages = warning;"
         "SET default_transaction_isolation = 'read committed'";
}

// libpq's own default is /tmp, where any user of the machine can wait for us.
constexpr const char* kSocketDirectory = "/var/run/postgresql";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using ConnectionOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

bool name_a_server(const ConnectionOptions& options) {
  for (const PQconninfoOption* one = options.get(); one != nullptr && one->keyword; ++one) {
    const std::string_view name = one->keyword;
    const bool is_place = name == "host" || name == "hostaddr" || name == "service";
    if (is_place && one->val != nullptr && *one->val != '\0') return true;
  }
  return false;
}

// Where to look for the server unless the URL or a PG* variable says it; nullptr if one does.
const char* default_host(const std::string& url) {
  const ConnectionOptions given(PQconninfoParse(url.c_str(), nullptr));
  const ConnectionOptions variables(PQconndefaults());
  return name_a_server(given) || name_a_server(variables) ? nullptr : kSocketDirectory;
}

Error unusable(const std::string& why) {
  return Error{ErrorCode::unavailable, "cannot use PostgreSQL (store.url): " + why};
}

// libpq's own waits, as a state machine. Resolving a host name still waits as the system does.
Result<void> complete_connecting(PGconn* raw, Deadline end) {
  for (;;) {
    const PostgresPollingStatusType status = PQconnectPoll(raw);
    if (status == PGRES_POLLING_OK) return {};
    if (status == PGRES_POLLING_FAILED) return unusable(one_line(PQerrorMessage(raw)));
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for(PQsocket(raw), events, end)) return unusable("no connection in time");
  }
}

}  // namespace

std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message) {
    const bool is_end = c == '\n' || c == '\r';
    const bool is_blank = is_end || c == ' ' || c == '\t';
    if (is_blank && (line.empty() || line.ends_with("; "))) continue;
    if (is_end)
      line += "; ";
    else
      line += static_cast<uint8_t>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  while (line.ends_with("; ") || line.ends_with(' '))
    line.resize(line.size() - (line.ends_with("; ") ? 2 : 1));
  return line;
}

Parameter::Parameter(int64_t number) : type_(kInt8) {
  append_number(value_, number);
}

Parameter::Parameter(std::string bytes) : type_(kBytea), value_(std::move(bytes)) {}

Parameter::Parameter(const std::vector<int32_t>& numbers) : type_(kInt4Array) {
  append_array_head(value_, kInt4, numbers.size(), false);
  for (const int32_t number : numbers) {
    append_number<int32_t>(value_, 4);
    append_number(value_, number);
  }
}

Parameter::Parameter(const std::vector<Bytes>& values) : type_(kByteaArray) {
  const bool has_null =
      std::any_of(values.begin(), values.end(), [](const Bytes& v) { return !v; });
  append_array_head(value_, kBytea, values.size(), has_null);
  for (const Bytes& value : values) {
    append_number(value_, value ? static_cast<int32_t>(value->size()) : int32_t{-1});
    if (value) value_ += *value;
  }
}

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Rows::number(int row, int column) const {
  const std::string_view value = bytes(row, column);
  if (value.size() != 4 && value.size() != 8) unexpected();
  return number_of(value);
}

bool Rows::flag(int row, int column) const {
  const std::string_view value = bytes(row, column);
  if (value.size() != 1) unexpected();
  return value[0] != 0;
}

std::vector<int32_t> Rows::numbers(int row, int column) const {
  std::vector<int32_t> all;
  if (is_null(row, column)) return all;
  for (ArrayReader reader(bytes(row, column), kInt4); reader.has_more();) {
    const std::optional<std::string_view> one = reader.take();
    if (!one || one->size() != 4) unexpected();
    all.push_back(static_cast<int32_t>(number_of(*one)));
  }
  return all;
}

std::vector<Rows::Bytes> Rows::byte_strings(int row, int column) const {
  std::vector<Bytes> all;
  if (is_null(row, column)) return all;
  for (ArrayReader reader(bytes(row, column), kBytea); reader.has_more();)
    all.push_back(reader.take());
  return all;
}

Result<Connection> Connection::open(const PostgresqlOptions& options, Milliseconds limit) {
  const Deadline end = after(limit);
  const char* const names[] = {"host", "dbname", "fallback_application_name", "client_encoding",
                               nullptr};
  const char* const values[] = {default_host(options.url), options.url.c_str(),
                                options.name.c_str(), "UTF8", nullptr};
  PGconn* raw = PQconnectStartParams(names, values, 1);
  if (raw == nullptr) return unusable("out of memory");
  Connection made(raw);
  // Else libpq writes what the server tells to stderr. Errors come as results.
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  TRY(complete_connecting(raw, end));
  if (PQsetnonblocking(raw, 1) != 0) return unusable(one_line(PQerrorMessage(raw)));
  if (made.server_version() < kOldestVersion) {
    return unusable("the server is older than PostgreSQL 13; upgrade it");
  }
  TRY(made.run_script(session_settings(options), limit));
  const Rows standby = TRY(made.run("SELECT pg_is_in_recovery()", {}, limit));
  if (standby.flag(0, 0)) {
    return unusable(
        "this server is a standby and takes no writes; name the primary, or all servers and "
        "target_session_attrs=read-write");
  }
  return made;
}

Error Connection::failure(const char* what) {
  return unusable(std::string(what) + ": " + one_line(PQerrorMessage(raw_.get())));
}

// The connection may be in the middle of a reply: it cannot be used again.
Error Connection::give_up(const char* what) {
  raw_.reset();
  return unusable(std::string(what) + ": no reply in time");
}

Result<void> Connection::flush(Milliseconds limit) {
  const Deadline end = after(limit);
  for (;;) {
    const int left = PQflush(raw_.get());
    if (left == 0) return {};
    if (left < 0) return failure("send");
    // The server may be sending as well, and would wait for us to read.
    if (!wait_for(socket(), POLLIN | POLLOUT, end)) return give_up("send");
    if (PQconsumeInput(raw_.get()) == 0) return failure("send");
  }
}

// nullptr: there are no more.
Result<PGresult*> Connection::next_result(Milliseconds limit) {
  const Deadline end = after(limit);
  while (PQisBusy(raw_.get()) != 0) {
    if (!wait_for(socket(), POLLIN, end)) return give_up("receive");
    if (PQconsumeInput(raw_.get()) == 0) return failure("receive");
  }
  return PQgetResult(raw_.get());
}

Result<void> Connection::finish_results(Milliseconds limit) {
  Result<void> outcome;
  while (PGresult* const raw = TRY(next_result(limit))) {
    const Rows owned(raw);
    const ExecStatusType status = PQresultStatus(raw);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || !outcome) continue;
    outcome = unusable(one_line(PQresultErrorMessage(raw)));
  }
  return outcome;
}

Result<Rows> Connection::run(const char* sql, const std::vector<Parameter>& parameters,
                             Milliseconds limit) {
  is_transient_ = false;
  if (is_broken()) return unusable("the connection is lost");
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> sizes;
  for (const Parameter& parameter : parameters) {
    types.push_back(parameter.type());
    values.push_back(parameter.value().data());
    sizes.push_back(static_cast<int>(parameter.value().size()));
  }
  const std::vector<int> formats(parameters.size(), 1);
  if (PQsendQueryParams(raw_.get(), sql, static_cast<int>(parameters.size()), types.data(),
                        values.data(), sizes.data(), formats.data(), 1) == 0) {
    return failure("send");
  }
  TRY(flush(limit));
  PGresult* const raw = TRY(next_result(limit));
  if (raw == nullptr) return failure("receive");
  Rows rows(raw);
  const ExecStatusType status = PQresultStatus(raw);
  const bool is_done = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  const char* const state = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
  // Serialisation, deadlock, and a lock that was not free in time.
  is_transient_ =
      state != nullptr && (std::strcmp(state, "40001") == 0 || std::strcmp(state, "40P01") == 0 ||
                           std::strcmp(state, "55P03") == 0);
  const std::string message = is_done ? "" : one_line(PQresultErrorMessage(raw));
  TRY(finish_results(limit));
  if (!is_done) return unusable(message);
  return rows;
}

Result<void> Connection::run_script(const std::string& sql, Milliseconds limit) {
  if (is_broken()) return unusable("the connection is lost");
  if (PQsendQuery(raw_.get(), sql.c_str()) == 0) return failure("send");
  TRY(flush(limit));
  return finish_results(limit);
}

Result<void> Connection::copy_out(const std::string& sql, Milliseconds limit,
                                  FunctionRef<Result<void>(std::string_view)> take) {
  if (is_broken()) return unusable("the connection is lost");
  if (PQsendQuery(raw_.get(), sql.c_str()) == 0) return failure("send");
  TRY(flush(limit));
  const Rows begun(TRY(next_result(limit)));
  for (;;) {
    char* piece = nullptr;
    const int size = PQgetCopyData(raw_.get(), &piece, 1);
    if (size == 0) {
      if (!wait_for(socket(), POLLIN, after(limit))) return give_up("copy");
      if (PQconsumeInput(raw_.get()) == 0) return failure("copy");
      continue;
    }
    if (size < 0) break;  // -1: the end; -2: failed, as the results say
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(piece, &PQfreemem);
    if (Result<void> taken = take({piece, static_cast<size_t>(size)}); !taken) {
      raw_.reset();  // The rest of the copy is still coming.
      return taken;
    }
  }
  return finish_results(limit);
}

Result<void> Connection::copy_in(const std::string& sql, Milliseconds limit,
                                 FunctionRef<Result<std::string_view>()> next) {
  if (is_broken()) return unusable("the connection is lost");
  if (PQsendQuery(raw_.get(), sql.c_str()) == 0) return failure("send");
  TRY(flush(limit));
  PGresult* const begun = TRY(next_result(limit));
  const Rows owned(begun);
  if (begun == nullptr || PQresultStatus(begun) != PGRES_COPY_IN) return failure("copy");
  for (;;) {
    const Result<std::string_view> piece = next();
    if (!piece) {
      raw_.reset();  // Ends the statement without a trace.
      return piece.error();
    }
    if (piece->empty()) break;
    if (PQputCopyData(raw_.get(), piece->data(), static_cast<int>(piece->size())) < 0) {
      return failure("copy");
    }
    TRY(flush(limit));
  }
  if (PQputCopyEnd(raw_.get(), nullptr) < 0) return failure("copy");
  TRY(flush(limit));
  return finish_results(limit);
}

Result<std::vector<std::string>> Connection::notifications() {
  if (is_broken()) return unusable("the connection is lost");
  if (PQconsumeInput(raw_.get()) == 0) return failure("receive");
  std::vector<std::string> payloads;
  while (PGnotify* const one = PQnotifies(raw_.get())) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> owned(one, &PQfreemem);
    payloads.emplace_back(one->extra);
  }
  return payloads;
}

}  // namespace authd::store
