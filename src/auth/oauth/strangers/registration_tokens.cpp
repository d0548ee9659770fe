#include "auth/oauth/strangers/registration_tokens.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/lifetime.h"
#include "auth/oauth/clients/client_rules.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

using tables::RegistrationToken;

constexpr size_t kTokenBytes = 32;
constexpr size_t kShownBytes = 6;
constexpr Milliseconds kLeastLife = std::chrono::minutes(1);
// A scanner for leaked secrets can look for it.
constexpr std::string_view kPrefix = "authd_registration_";

// One that a clock which was ahead has made is not honoured.
bool is_good(const RegistrationToken& token, Time now) {
  return token.uses_left > 0 && is_in_life(token.expires_at, kMostRegistrationLife, now);
}

Error invalid(std::string_view field, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field)};
}

Error no_token() {
  return refused(ErrorCode::unauthenticated, "invalid_token",
                 "The initial access token is wrong, used up or has expired.");
}

Result<std::vector<RegistrationToken>> all_tokens(const Services& s) {
  return s.store.read([](store::ReadTxn& tx) -> Result<std::vector<RegistrationToken>> {
    std::vector<RegistrationToken> all;
    tables::registration_tokens.scan(tx, "", "", [&](std::string_view, RegistrationToken row) {
      all.push_back(std::move(row));
      return true;
    });
    return all;
  });
}

}  // namespace

Result<MadeRegistrationToken> add_registration_token(const Services& s, std::string_view name,
                                                     uint64_t uses, Milliseconds life,
                                                     const Origin& origin) {
  MadeRegistrationToken made;
  made.row.name = TRY(parse_shown_name(name, "name"));
  if (uses == 0 || uses > kMaxRegistrations) return invalid("uses", "This must be 1 to 1000.");
  if (life < kLeastLife || life > kMostRegistrationLife)
    return invalid(kRegistrationLifeField, "This must be from 1m to 366d.");
  if (TRY(all_tokens(s)).size() >= kMaxRegistrationTokens) {
    return refused(ErrorCode::conflict, "too_many_tokens",
                   "There are already 100 such tokens; revoke one first.");
  }
  const Time now = s.clock.now();
  const std::string text = std::string(kPrefix) + base64url_encode(s.random.bytes(kTokenBytes));
  made.text = OneTimeSecret(text);
  made.row.id = crypto::sha256(text);
  made.row.uses_left = uses;
  made.row.created_at = now;
  made.row.expires_at = now + life;
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::registration_tokens.put(tx, made.row);
    audit(s, tx, origin, {"registration_token_added", std::nullopt, "ok", made.row.name}, now);
    return {};
  }));
  return made;
}

Result<std::vector<RegistrationToken>> list_registration_tokens(const Services& s) {
  const Time now = s.clock.now();
  std::vector<RegistrationToken> all = TRY(all_tokens(s));
  std::erase_if(all, [&](const RegistrationToken& token) { return !is_good(token, now); });
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.expires_at < b.expires_at; });
  return all;
}

Result<void> revoke_registration_token(const Services& s, std::string_view id,
                                       const Origin& origin) {
  const std::vector<RegistrationToken> all = TRY(all_tokens(s));
  const auto found = std::find_if(all.begin(), all.end(), [&](const RegistrationToken& token) {
    return registration_token_text(token) == id;
  });
  const Error none{ErrorCode::not_found, "There is no such registration token."};
  if (found == all.end()) return none;
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const auto row = tables::registration_tokens.find(tx, found->id);
    if (!row) return none;
    tables::registration_tokens.remove(tx, *row);
    audit(s, tx, origin, {"registration_token_revoked", std::nullopt, "ok", row->name}, now);
    return {};
  });
}

std::string registration_token_text(const RegistrationToken& token) {
  return hex_encode(std::string_view(token.id).substr(0, kShownBytes));
}

Result<void> check_registration_token(store::Reader& tx, std::string_view text, Time now) {
  const auto row = tables::registration_tokens.find(tx, crypto::sha256(text));
  if (row && is_good(*row, now)) return {};
  return no_token();
}

Result<std::string> use_registration_token(store::WriteTxn& tx, std::string_view text, Time now) {
  const auto before = tables::registration_tokens.find(tx, crypto::sha256(text));
  if (!before || !is_good(*before, now)) return no_token();
  RegistrationToken after = *before;
  after.uses_left -= 1;
  if (after.uses_left == 0)
    tables::registration_tokens.remove(tx, *before);
  else
    tables::registration_tokens.update(tx, *before, after);
  return before->name;
}

}  // namespace authd::auth
