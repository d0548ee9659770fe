// The parts of the API that the configuration can switch on or off, and sets of them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "config/compat.h"
#include "config/config.h"

namespace authd::api {

enum class Feature : uint8_t { metrics, docs, provider, secureauth, facade, fastapi, oauthapp };

class Features {
 public:
  constexpr Features() = default;
  constexpr Features(Feature one) : bits_(1u << static_cast<unsigned>(one)) {}

  constexpr bool is_empty() const { return bits_ == 0; }
  constexpr bool has(Feature one) const { return shares_one_with(one); }
  constexpr bool shares_one_with(Features other) const { return (bits_ & other.bits_) != 0; }
  friend constexpr Features operator|(Features a, Features b) {
    a.bits_ |= b.bits_;
    return a;
  }

 private:
  unsigned bits_ = 0;
};

constexpr Features operator|(Feature a, Feature b) {
  return Features(a) | Features(b);
}

struct NamedFeature {
  Feature feature;
  std::string_view name;  // for replaced APIs: their name in compat.enabled
};

inline constexpr std::array kFeatures = {
    NamedFeature{Feature::metrics, "metrics"},
    NamedFeature{Feature::docs, "docs"},
    NamedFeature{Feature::provider, "provider"},
    NamedFeature{Feature::secureauth, config::kSecureauth},
    NamedFeature{Feature::facade, config::kFacade},
    NamedFeature{Feature::fastapi, config::kFastapi},
    NamedFeature{Feature::oauthapp, config::kOauthapp},
};

// The features that are on.
Features features_of(const config::Config& config);

}  // namespace authd::api
