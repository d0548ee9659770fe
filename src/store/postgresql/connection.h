// One connection to PostgreSQL, with an end to every wait: libpq's own calls wait for as long as
// the other side is silent, and a primary that is stopped is silent for ever.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/time.h"

namespace authd::store {

struct PostgresqlOptions {
  std::string url;     // as libpq reads it; empty: its PG* variables
  std::string schema;  // a plain name; quoted where it is used
  std::string name;    // application_name: what the operator sees in pg_stat_activity
};

// A parameter in PostgreSQL's binary form.
class Parameter {
 public:
  explicit Parameter(int64_t number);
  explicit Parameter(std::string bytes);
  explicit Parameter(const std::vector<int32_t>& numbers);
  using Bytes = std::optional<std::string_view>;  // nullopt: NULL
  explicit Parameter(const std::vector<Bytes>& values);

  Oid type() const { return type_; }
  const std::string& value() const { return value_; }

 private:
  Oid type_;
  std::string value_;
};

// The rows of a reply, in binary form. What has not the expected form throws Fault{corrupt}.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result) {}
  int count() const { return PQntuples(result_.get()); }
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string_view bytes(int row, int column) const;
  int64_t number(int row, int column) const;  // int4 or int8
  bool flag(int row, int column) const;
  std::vector<int32_t> numbers(int row, int column) const;  // int4[]; NULL: empty
  using Bytes = std::optional<std::string_view>;
  std::vector<Bytes> byte_strings(int row, int column) const;  // bytea[]; NULL: empty

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

// Not thread-safe. Errors are `unavailable` with PostgreSQL's own words in one line, for the log
// and the operator; the server never sends a password back, and libpq's messages have none.
class Connection {
 public:
  // Connects to a primary within `limit`, and sets what every session needs.
  static Result<Connection> open(const PostgresqlOptions& options, Milliseconds limit);

  // One statement. After an error of the connection or its end in time, is_broken(), and what the
  // statement did is unknown.
  Result<Rows> run(const char* sql, const std::vector<Parameter>& parameters, Milliseconds limit);
  // Statements without rows or parameters, separated by semicolons; one transaction.
  Result<void> run_script(const std::string& sql, Milliseconds limit);
  // The bytes of COPY … TO STDOUT, in pieces; `limit` is for each.
  Result<void> copy_out(const std::string& sql, Milliseconds limit,
                        FunctionRef<Result<void>(std::string_view piece)> take);
  // COPY … FROM STDIN: sends the pieces until `next` returns an empty one.
  Result<void> copy_in(const std::string& sql, Milliseconds limit,
                       FunctionRef<Result<std::string_view>()> next);

  bool is_broken() const { return !raw_ || PQstatus(raw_.get()) != CONNECTION_OK; }
  // Of the last error: the statement was refused because of another transaction, and can be tried
  // again as it is.
  bool is_transient() const { return is_transient_; }

  int socket() const { return PQsocket(raw_.get()); }
  // Reads what has come in and returns the payloads of notifications.
  Result<std::vector<std::string>> notifications();
  int server_version() const { return PQserverVersion(raw_.get()); }  // 150014 is 15.14

 private:
  struct Finish {
    void operator()(PGconn* raw) const { PQfinish(raw); }
  };
  explicit Connection(PGconn* raw) : raw_(raw) {}

  Error failure(const char* what);
  Result<void> flush(Milliseconds limit);
  Result<PGresult*> next_result(Milliseconds limit);
  Result<void> finish_results(Milliseconds limit);
  Error give_up(const char* what);

  std::unique_ptr<PGconn, Finish> raw_;
  bool is_transient_ = false;
};

// "first line; second line" of a message of libpq, without control characters.
std::string one_line(std::string_view message);

}  // namespace authd::store
