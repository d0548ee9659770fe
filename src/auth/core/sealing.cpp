#include "auth/core/sealing.h"

namespace authd::auth {

std::string sealing_key(store::Reader& tx) {
  const auto secret = tables::server_secrets.find(tx, kServerSecret);
  return secret ? crypto::MasterKey::id_of(secret->sealed) : "";
}

std::string sealed_now(const Services& s, store::WriteTxn& tx, std::string sealed,
                       std::string_view context) {
  const std::string id = sealing_key(tx);
  if (sealed.empty() || id.empty() || crypto::MasterKey::id_of(sealed) == id) return sealed;
  std::optional<std::string> renewed = s.master_key.renew(sealed, context, id, s.random);
  if (!renewed) {
    throw store::Fault(store::FaultKind::io, "the data is sealed with the master key " + id +
                                                 ", which " + s.config.secrets.master_key_file +
                                                 " does not hold");
  }
  return std::move(*renewed);
}

}  // namespace authd::auth
