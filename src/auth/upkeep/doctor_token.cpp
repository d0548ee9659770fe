#include "auth/upkeep/doctor_token.h"

#include "auth/core/one_time_tokens.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "tables/schema.h"

namespace authd::auth {
namespace {

constexpr size_t kTokenBytes = 32;

}  // namespace

Result<OneTimeSecret> make_doctor_token(store::Store& store, Random& random, Time now) {
  OneTimeSecret token(base64url_encode(random.bytes(kTokenBytes)));
  tables::OneTimeToken row;
  row.id = crypto::sha256(token.reveal());
  row.purpose = tables::Purpose::probe;
  row.created_at = now;
  row.expires_at = now + kDoctorTokenLife;
  TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::one_time_tokens.insert(tx, row);
    return {};
  }));
  return token;
}

Result<void> remove_doctor_token(store::Store& store, const OneTimeSecret& token) {
  const std::string id = crypto::sha256(token.reveal());
  return store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (tables::one_time_tokens.find(tx, id)) tables::one_time_tokens.del(tx, id);
    return {};
  });
}

Result<bool> is_doctor_token(store::Store& store, std::string_view token, Time now) {
  const std::string id = crypto::sha256(token);
  return store.read([&](store::ReadTxn& tx) -> Result<bool> {
    const std::optional<tables::OneTimeToken> row = tables::one_time_tokens.find(tx, id);
    return is_good(row, tables::Purpose::probe, now);
  });
}

}  // namespace authd::auth
