#include "crypto/jose/jwt.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/refusal.h"

namespace authd::crypto {
namespace {

Error refused() {
  return refused(ErrorCode::unauthenticated, "invalid_token",
                 "The token is invalid or has expired.");
}

// RFC 7515 sections 4.1.2 to 4.1.6 and 4.1.11, RFC 7797 (b64), RFC 7516 section 4.1.3 (zip).
constexpr std::string_view kRefusedHeaders[] = {"jku", "x5u", "x5c", "crit", "b64", "zip"};
constexpr std::string_view kOwnKey = "jwk";

Result<void> read_header(const JsonObject& header, Jws& jws) {
  for (const std::string_view name : kRefusedHeaders) {
    if (header.has(name)) return refused();
  }
  jws.kid = TRY(header.optional_string("kid")).value_or("");
  jws.typ = TRY(header.optional_string("typ")).value_or("");
  // "none" in any case is no algorithm (RFC 8725 section 3.2); only known names go on at all.
  const std::optional<Algorithm> algorithm = parse_algorithm(TRY(header.string("alg")));
  if (!algorithm) return refused();
  jws.alg = name(*algorithm);
  return {};
}

// Takes the three parts apart; the header is what `read` makes of it.
template <typename Read>
Result<Jws> parse_parts(std::string_view token, size_t limit, Read read) {
  if (token.size() > limit) return refused();
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return refused();
  const std::optional<std::string> header = base64url_decode(token.substr(0, first));
  std::optional<std::string> payload =
      base64url_decode(token.substr(first + 1, second - first - 1));
  std::optional<std::string> signature = base64url_decode(token.substr(second + 1));
  if (!header || !payload || !signature || signature->empty()) return refused();
  const Result<JsonObject> members = JsonObject::parse(*header);
  Jws jws;
  if (!members || !read_header(*members, jws) || !read(*members)) return refused();
  jws.signing_input = token.substr(0, second);
  jws.payload = std::move(*payload);
  jws.signature = std::move(*signature);
  return jws;
}

}  // namespace

Result<Jws> parse_compact(std::string_view token, size_t limit) {
  return parse_parts(token, limit, [](const JsonObject& header) { return !header.has(kOwnKey); });
}

Result<KeyedJws> parse_keyed(std::string_view token, size_t limit) {
  JsonWriter jwk;
  Jws jws = TRY(parse_parts(token, limit, [&](const JsonObject& header) {
    if (!header.object(kOwnKey)) return false;
    header.write(kOwnKey, jwk);
    return true;
  }));
  return KeyedJws{std::move(jws), jwk.take()};
}

Result<void> verify(const Jws& jws, const SigningKey& key) {
  if (jws.alg != name(key.algorithm()) || !key.verify(jws.signing_input, jws.signature)) {
    return refused();
  }
  return {};
}

Result<std::string> sign_jwt(const SigningKey& key, std::string_view typ,
                             std::string_view payload_json) {
  JsonWriter header;
  header.begin_object()
      .field("alg", name(key.algorithm()))
      .field("kid", key.kid())
      .field("typ", typ)
      .end_object();
  std::string token = base64url_encode(header.text()) + "." + base64url_encode(payload_json);
  const std::string signature = TRY(key.sign(token));
  return token + "." + base64url_encode(signature);
}

}  // namespace authd::crypto
