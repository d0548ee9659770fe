#include "server/data/other_hosts.h"

#include "server/data/store_options.h"

namespace authd::server {

Result<std::vector<store::Node>> other_servers(const config::Config& config) {
  if (!is_shared(config)) return std::vector<store::Node>{};
  Result<store::ClusterStatus> status = store::cluster_status(store_options(config));
  if (!status && status.error().code == ErrorCode::not_found) return std::vector<store::Node>{};
  std::vector<store::Node> nodes = std::move(TRY(std::move(status)).nodes);
  std::erase_if(nodes, [&](const store::Node& node) {
    return node.name == config.cluster.node || node.seen > kServerReports;
  });
  return nodes;
}

}  // namespace authd::server
