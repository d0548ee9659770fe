// An authorization request while it waits for a person to sign in or to consent. It has no row: a
// stranger could fill the store with such rows for nothing. Instead the browser carries it, as a
// part of the address to return to: the parameters, when they came, what the person has answered,
// and a MAC over all of it. They are read and checked again each time, so a client that was changed
// meanwhile counts as it is now.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "auth/oauth/protocol/parameters.h"

namespace authd::auth {

// How long it may wait.
inline constexpr Milliseconds kRequestLife = std::chrono::hours(1);

// Its longest text, in bytes: nginx accepts a request line of 8 KiB unless it is told otherwise.
inline constexpr size_t kMaxCarried = 6000;

enum class Answer : char { none = 0, allowed = 1, denied = 2 };

struct CarriedRequest {
  Parameters parameters;
  Time asked_at;  // a later login answers prompt=login and max_age=0
  Answer answer = Answer::none;
  std::string answered_by;  // raw id of the session in which the person answered
};

// [A-Za-z0-9_-]. Error: `malformed`, "invalid_request", if the request is too long.
Result<std::string> carried_text(const Services& s, const CarriedRequest& request);

// nullopt if this server did not make the text, or it has waited too long.
std::optional<CarriedRequest> read_carried(const Services& s, std::string_view text, Time now);

// The address at which the request goes on.
std::string carried_path(std::string_view text);

}  // namespace authd::auth
