#include "auth/oauth/clients/imported_secret.h"

#include <algorithm>

#include "auth/core/limits/attempts.h"
#include "config/reading/clients.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

constexpr const char* kInFlight = "imported client secret";

// Counts a check as long as it lasts.
class Check {
 public:
  explicit Check(InFlight& in_flight)
      : in_flight_(in_flight), before_(in_flight.add(std::string(kInFlight))) {}
  ~Check() { in_flight_.remove(std::string(kInFlight)); }
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  bool is_too_many() const { return before_ >= kMaxSecretChecks; }

 private:
  InFlight& in_flight_;
  const uint64_t before_;
};

tables::ClientSecretRow row_in(const std::string& bytes) {
  return tables::decode_row<tables::ClientSecretRow>(bytes, "a client's secret");
}

// The secret of 0.1.0 (Client::secret_hash) is never one.
std::vector<tables::ClientSecretRow> imported_secrets(const tables::Client& client, Time now) {
  std::vector<tables::ClientSecretRow> secrets;
  for (const std::string& bytes : client.secrets) {
    tables::ClientSecretRow secret = row_in(bytes);
    const bool has_ended = secret.expires_at != Time{} && secret.expires_at <= now;
    if (is_imported_hash(secret.hash) && !has_ended) secrets.push_back(std::move(secret));
  }
  return secrets;
}

Result<bool> is_match(const Services& s, const ClientSecret& text, const std::string& hash) {
  if (text.empty()) return false;
  const Password password{std::string(text.reveal())};
  return TRY(s.hasher.verify(password, hash)) == crypto::Verdict::match;
}

// Unless somebody has changed the secrets meanwhile.
Result<void> replace(const Services& s, const std::string& id,
                     const tables::ClientSecretRow& checked, const ClientSecret& text) {
  const std::string hash = crypto::sha256(text.reveal());
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::Client> client = tables::clients.find(tx, id);
    if (!client) return {};
    for (std::string& bytes : client->secrets) {
      tables::ClientSecretRow secret = row_in(bytes);
      if (secret.id != checked.id || secret.hash != checked.hash) continue;
      secret.hash = hash;
      bytes = tables::encode_row(secret);
    }
    tables::clients.put(tx, *client);
    return {};
  }));
  count(s.counters.rehashes);
  // Its length is known only now.
  if (text.reveal().size() < config::kMinClientSecret) {
    s.log.warn("an imported client secret is short: replace it (authd client rotate)",
               {{"client_id", id}});
  }
  return {};
}

}  // namespace

bool is_imported_hash(std::string_view hash) {
  return hash.size() > crypto::kSha256Bytes;
}

bool is_importable_hash(std::string_view hash) {
  return is_imported_hash(hash) && hash.starts_with('$') && crypto::is_supported_hash(hash);
}

bool has_imported_secret(const tables::Client& client, Time now) {
  return !imported_secrets(client, now).empty();
}

Result<bool> check_imported_secrets(const Services& s, const tables::Client& client,
                                    std::initializer_list<const ClientSecret*> texts, Time now) {
  const Check check(s.in_flight);
  if (check.is_too_many()) {
    return Error{.code = ErrorCode::busy,
                 .message = "Too many secrets are being checked at once; try again in a moment.",
                 .retry_after_s = 1};
  }
  for (const tables::ClientSecretRow& secret : imported_secrets(client, now)) {
    for (const ClientSecret* text : texts) {
      if (!TRY(is_match(s, *text, secret.hash))) continue;
      TRY(replace(s, client.id, secret, *text));
      return true;
    }
  }
  return false;
}

}  // namespace authd::auth
