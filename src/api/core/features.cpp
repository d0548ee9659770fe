#include "api/core/features.h"

namespace authd::api {

Features features_of(const config::Config& config) {
  Features on;
  if (config.metrics.enabled) on = on | Feature::metrics;
  if (config.docs.enabled) on = on | Feature::docs;
  if (config.provider.enabled) on = on | Feature::provider;
  for (const std::string& api : config.compat.enabled) {
    for (const NamedFeature& one : kFeatures) {
      if (one.name == api) on = on | one.feature;
    }
  }
  return on;
}

}  // namespace authd::api
