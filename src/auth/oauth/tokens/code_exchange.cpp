#include "auth/oauth/tokens/code_exchange.h"

#include "auth/core/audit/audit.h"
#include "auth/core/logout_notices.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/fapi.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/grant_refresh.h"
#include "auth/oauth/tokens/grants.h"
#include "base/encoding.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

constexpr size_t kCodeBytes = 32;
constexpr size_t kMaxCodeText = 100;
// RFC 7636 section 4.1
constexpr size_t kMinVerifier = 43;
constexpr size_t kMaxVerifier = 128;

// Whether the verifier belongs to the challenge of the authorization request. One without the other
// is a downgrade (RFC 9700 section 4.8.2).
bool is_verified(const std::string& challenge, const std::string& verifier) {
  if (challenge.empty() || verifier.empty()) return challenge.empty() && verifier.empty();
  if (verifier.size() < kMinVerifier || verifier.size() > kMaxVerifier) return false;
  return equal_constant_time(base64url_encode(crypto::sha256(verifier)), challenge);
}

// Whether who sends the code is the one who asked for it, as far as it can tell.
bool is_proved_by(const tables::AuthorizationCode& code, const CodeExchange& exchange) {
  const bool has_verifier =
      code.code_challenge.empty() || is_verified(code.code_challenge, exchange.code_verifier);
  return has_verifier && is_proved(code.dpop_jkt, exchange.narrowing.proof);
}

bool names_its_address(const tables::AuthorizationCode& code, const std::string& redirect_uri) {
  if (code.named_redirect_uri) return redirect_uri == code.redirect_uri;
  return redirect_uri.empty() || redirect_uri == code.redirect_uri;
}

struct Exchanged {
  bool was_used = false;  // a value, so that the end of the grant is committed
  GrantRows rows;
  TokenWishes wishes;
  std::string nonce;
};

Exchanged end_reused(const Services& s, store::WriteTxn& tx, const tables::AuthorizationCode& code,
                     const Origin& origin, Time now) {
  Exchanged reused;
  reused.was_used = true;
  const std::optional<tables::Grant> grant = tables::grants.find(tx, code.grant);
  if (!grant) return reused;
  audit(s, tx, origin, {"code_reused", grant->user, "grant_ended", grant->client}, now);
  remove_grant(tx, *grant, now);
  return reused;
}

// The grants that give way when the code's grant is opened. Nothing is decided here.
Result<std::vector<tables::Grant>> look_for_room(const Services& s, std::string_view code,
                                                 Time now) {
  const auto grant =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::Grant>> {
        const auto row = tables::grant_codes.find(tx, crypto::sha256(code));
        return row ? tables::grants.find(tx, row->grant) : std::nullopt;
      }));
  if (!grant || grant->is_open) return std::vector<tables::Grant>{};
  return open_to_evict(s, *grant, now);
}

Result<Exchanged> exchange_in(const Services& s, store::WriteTxn& tx, const Program& program,
                              const CodeExchange& exchange,
                              const std::vector<tables::Grant>& evicted, const Origin& origin,
                              Time now) {
  const std::string id = crypto::sha256(exchange.code);
  std::optional<tables::AuthorizationCode> code = tables::grant_codes.find(tx, id);
  if (!code || code->client != program.client().id) return invalid_grant();
  if (code->used_at != Time{}) {
    // A code alone, as it stands in a log or a browser's history, gets nobody tokens: whoever has
    // nothing else must not end what its owner has (RFC 9700 section 4.5).
    if (!is_proved_by(*code, exchange)) return invalid_grant();
    return end_reused(s, tx, *code, origin, now);
  }
  const Milliseconds life = code_life(s.config, program.client());
  const bool is_in_time = code->issued_at <= now + life && now < code->issued_at + life;
  const Proof& proof = exchange.narrowing.proof;
  if (!is_in_time || !names_its_address(*code, exchange.redirect_uri) ||
      !is_verified(code->code_challenge, exchange.code_verifier) ||
      !is_proved(code->dpop_jkt, proof)) {
    return invalid_grant();
  }
  std::optional<GrantRows> rows = find_live_grant(s.config, tx, code->grant, now);
  if (!rows) return invalid_grant();
  TokenWishes wishes = TRY(wishes_for(s, tx, *rows, exchange.narrowing));
  TRY(use_proof(tx, proof, now));
  bind_grant(*rows, proof);
  make_room(tx, evicted, rows->grant, now);
  open_grant(s, tx, *rows, origin, now);
  code->used_at = now;
  tables::grant_codes.rewrite(tx, *code);
  return Exchanged{false, std::move(*rows), std::move(wishes), code->nonce};
}

}  // namespace

MadeGrantCode make_grant_code(const Services& s, Time now) {
  MadeGrantCode made;
  made.code = base64url_encode(s.random.bytes(kCodeBytes));
  made.row.id = crypto::sha256(made.code);
  made.row.issued_at = now;
  made.row.expires_at = now + kUsedCodeLife;
  return made;
}

Result<IssuedTokens> exchange_code(const Services& s, const Program& program,
                                   const CodeExchange& exchange, const Origin& origin) {
  if (!has_grant_type(program.client(), kCodeGrant)) return unauthorized_client();
  if (exchange.code.size() > kMaxCodeText) return invalid_grant();
  const Time now = s.clock.now();
  const std::vector<tables::Grant> evicted = TRY(look_for_room(s, exchange.code, now));
  const Result<Exchanged> done = s.store.write([&](store::WriteTxn& tx) -> Result<Exchanged> {
    return exchange_in(s, tx, program, exchange, evicted, origin, now);
  });
  if (!done) {
    count(s.counters.codes_refused);
    return done.error();
  }
  if (done->was_used) {
    count(s.counters.codes_reused);
    s.log.warn("authorization code used twice, grant ended",
               {{"request_id", origin.request_id}, {"client_id", program.client().id}});
    return invalid_grant();
  }
  count(s.counters.codes_exchanged);
  return issue_tokens(s, done->rows, done->wishes, done->nonce, now);
}

}  // namespace authd::auth
