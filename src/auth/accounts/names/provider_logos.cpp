#include "auth/accounts/names/provider_logos.h"

#include "auth/core/logo_file.h"
#include "config/reading/providers.h"

namespace authd::auth {

Result<std::vector<ProviderLogo>> read_provider_logos(const Services& s) {
  std::vector<ProviderLogo> logos;
  for (const config::Provider& provider : s.config.providers) {
    if (provider.logo_file.empty()) continue;
    const std::string key =
        std::string(config::kProvidersSection) + "." + provider.name + ".logo_file";
    auto jpeg = TRY(read_logo_file(s, key, provider.logo_file));
    if (jpeg) logos.push_back({provider.name, std::move(*jpeg)});
  }
  return logos;
}

}  // namespace authd::auth
