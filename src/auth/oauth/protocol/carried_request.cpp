#include "auth/oauth/protocol/carried_request.h"

#include "auth/core/lifetime.h"
#include "auth/core/server_mac.h"
#include "base/encoding.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

constexpr std::string_view kPurpose = "authorization request";
constexpr size_t kMacBytes = 32;
constexpr size_t kNumber = 8;

Time time_of(std::string_view bytes) {
  return Time(Milliseconds(static_cast<int64_t>(tables::from_big_endian(bytes))));
}

}  // namespace

// time (8), answer (1), length of the session's id (1), id, parameters, MAC (32)
Result<std::string> carried_text(const Services& s, const CarriedRequest& request) {
  std::string bytes = tables::big_endian(request.asked_at);
  bytes += static_cast<char>(request.answer);
  bytes += static_cast<char>(request.answered_by.size());
  bytes += request.answered_by + request.parameters.encoded();
  bytes += server_mac(s, kPurpose, bytes);
  std::string text = base64url_encode(bytes);
  if (text.size() <= kMaxCarried) return text;
  return Error{ErrorCode::malformed,
               "The authorization request is too long; shorten \"state\" or \"claims\".", "",
               "invalid_request"};
}

std::optional<CarriedRequest> read_carried(const Services& s, std::string_view text, Time now) {
  if (text.size() > kMaxCarried) return std::nullopt;
  const std::optional<std::string> bytes = base64url_decode(text);
  if (!bytes || bytes->size() < kNumber + 2 + kMacBytes) return std::nullopt;
  std::string_view rest = *bytes;
  const std::string_view mac = rest.substr(rest.size() - kMacBytes);
  rest.remove_suffix(kMacBytes);
  if (!equal_constant_time(server_mac(s, kPurpose, rest), mac)) return std::nullopt;
  CarriedRequest request;
  request.asked_at = time_of(rest.substr(0, kNumber));
  if (!is_in_life(request.asked_at + kRequestLife, kRequestLife, now)) return std::nullopt;
  request.answer = static_cast<Answer>(rest[kNumber]);
  const auto length = static_cast<uint8_t>(rest[kNumber + 1]);
  rest.remove_prefix(kNumber + 2);
  if (length > rest.size()) return std::nullopt;
  request.answered_by = rest.substr(0, length);
  Result<Parameters> parameters = Parameters::decode(rest.substr(length));
  if (!parameters) return std::nullopt;
  request.parameters = std::move(*parameters);
  return request;
}

std::string carried_path(std::string_view text) {
  return "/oauth2/authorize/" + std::string(text);
}

}  // namespace authd::auth
