#include "web/kit.h"

#include <array>

#include "web/template.h"

namespace authd::web {
namespace {

// A module has the policy of the page that runs it; nobody needs to open these by themselves.
constexpr std::string_view kNoPage = "default-src 'none'; frame-ancestors 'none'; sandbox";

}  // namespace

std::vector<std::pair<std::string, Document>> kit_files() {
  const std::array<Value, 1> values = {{{"version", AUTHD_VERSION}}};
  std::vector<std::pair<std::string, Document>> files;
  for (const Asset& asset : embedded_kit()) {
    files.emplace_back(asset.path,
                       make_document(std::string(asset.content_type), std::string(kNoPage),
                                     fill(contents(asset), values)));
  }
  return files;
}

}  // namespace authd::web
