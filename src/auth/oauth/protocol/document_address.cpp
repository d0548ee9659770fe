#include "auth/oauth/protocol/document_address.h"

#include <algorithm>

#include "auth/oauth/protocol/words.h"
#include "base/encoding.h"
#include "base/text.h"
#include "fetch/reach.h"

namespace authd::auth {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr char kPathMark = '~';

bool is_path_character(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
         std::string_view("/-._~!$&'()*+,;=:@%").find(c) != std::string_view::npos;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

std::string_view authority_of(std::string_view id) {
  id.remove_prefix(kScheme.size());
  return id.substr(0, id.find('/'));
}

}  // namespace

bool is_document_id(std::string_view id) {
  if (!id.starts_with(kScheme) || id.size() > kMaxDocumentId) return false;
  const std::string_view authority = authority_of(id);
  const std::string_view path = id.substr(kScheme.size() + authority.size());
  // "%2e" is a dot to those who decode first.
  if (path.size() < 2 || has_dot_segment(path) || lower(path).find("%2e") != std::string::npos)
    return false;
  if (!std::all_of(path.begin(), path.end(), &is_path_character)) return false;
  return lower(authority) == authority && !authority.ends_with(":443") &&
         fetch::https_target(id).has_value();
}

std::string document_host(std::string_view id) {
  return std::string(is_document_id(id) ? authority_of(id) : std::string_view());
}

bool admits_document(const config::Provision& provider, std::string_view id) {
  if (!is_document_id(id)) return false;
  switch (provider.cimd) {
    case config::ClientDocuments::off: return false;
    case config::ClientDocuments::listed: return contains(provider.cimd_hosts, authority_of(id));
    case config::ClientDocuments::open: return true;
  }
  __builtin_unreachable();
}

std::string client_path_segment(std::string_view id) {
  if (id.find('/') == std::string_view::npos) return std::string(id);
  return kPathMark + base64url_encode(id);
}

std::string client_in_path(std::string_view segment) {
  if (!segment.starts_with(kPathMark)) return std::string(segment);
  const std::optional<std::string> id = base64url_decode(segment.substr(1));
  return id ? *id : std::string(segment);
}

}  // namespace authd::auth
