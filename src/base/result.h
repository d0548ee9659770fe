// Errors as values. Every function that can be refused returns Result<T>; the caller either uses
// the value or passes the Error up with TRY. A fault of the store is not a Result: see
// store/store.h.
//
// Four kinds of "no", never mixed:
//   absent and normal            std::optional<T>
//   refused, the client can act  Result<T>
//   fault of the machine         store::Fault inside a store closure, ErrorCode::unavailable
//   bug                          CHECK (base/check.h)
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace authd {

// Why something was refused, free of any protocol. The mapping to an HTTP status is in
// http/app/error_reply.cpp and the one to an exit code in cli/frame/exit_code.cpp; both are
// switches without a default, so that a new code that is not mapped does not compile.
enum class ErrorCode {
  malformed,        // The input cannot be read at all (bad JSON, bad encoding).
  invalid,          // The input was read, and a value in it is not acceptable.
  unauthenticated,  // No credential, or one that is not (or no longer) valid.
  forbidden,        // The caller is known and may not do this.
  not_found,        // What was named does not exist.
  conflict,         // It already exists, or somebody else changed it.
  too_large,        // The input exceeds a size limit.
  unsupported,      // The media type or method is not supported here.
  rate_limited,     // Too many tries; `retry_after_s` says when to try again.
  busy,             // A bounded queue is full; `retry_after_s` says when to try again.
  unavailable,      // The store or another part of this machine failed; the log has the cause.
  usage,            // The command line was used wrongly (exit code 2).
};

// The snake_case name that goes on the wire when `Error::name` is empty ("not_found", ...).
std::string_view default_name(ErrorCode code);

// What a refused caller learns. `message` is for people and for the client. It has no cause, no
// secret, and nothing that shows whether an account exists. `name` is the stable machine-readable
// code ("invalid_token"); empty means default_name(code). `field` names the input at fault
// ("email"). `reason` is the stable word for the one rule that was broken, where `name` covers
// several ("too_short"), and `limit` the number that this rule has; 0: none.
struct Error {
  ErrorCode code;
  std::string message;
  std::string field = {};
  std::string name = {};
  int retry_after_s = 0;
  std::string reason = {};
  uint64_t limit = 0;
};

template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result(Error error) : std::expected<T, Error>(std::unexpect, std::move(error)) {}
};

}  // namespace authd

// The value of a Result, or return its Error from the enclosing function. One TRY per statement.
// For Result<void>: `TRY(f());`. Do not use it after another element of a braced list: g++ 12 does
// not destroy the earlier elements when TRY returns. The counter prevents a TRY inside a lambda
// argument from shadowing.
#define TRY(expr) AUTHD_TRY_NAMED(expr, __COUNTER__)
#define AUTHD_TRY_NAMED(expr, n) AUTHD_TRY_BODY(expr, n)
#define AUTHD_TRY_BODY(expr, n)                                      \
  __extension__({                                                    \
    auto&& try_##n = (expr);                                         \
    if (!try_##n) return ::authd::Error(std::move(try_##n.error())); \
    *std::move(try_##n);                                             \
  })
