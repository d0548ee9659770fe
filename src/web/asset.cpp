#include "web/asset.h"

#include <algorithm>
#include <array>

#include "web/gzip.h"

namespace authd::web {
namespace {

constexpr std::string_view kVaries = "Accept-Encoding, Accept-Language, Cookie";

// FNV-1a, to tell two versions of a document apart; a collision gains an attacker nothing.
std::string hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4)
    hex += "0123456789abcdef"[hash >> shift & 0xf];
  return hex;
}

// RFC 9110 section 13.1.2, with weak comparison.
bool has_it(const http::Request& request, std::string_view tag) {
  std::string_view known = request.header("if-none-match").value_or("");
  if (known == "*") return true;
  const std::string_view opaque = tag.substr(2);  // without W/
  while (!known.empty()) {
    const size_t comma = std::min(known.find(','), known.size());
    std::string_view one = known.substr(0, comma);
    known.remove_prefix(std::min(comma + 1, known.size()));
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == opaque) return true;
  }
  return false;
}

// What a page may ask the browser for (Permissions Policy, W3C): passkeys, for itself alone.
// Nothing else that authd's pages need is behind a permission.
constexpr const char* kPermissions =
    "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), "
    "display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=(), "
    "hid=(), xr-spatial-tracking=()";

// The reply without its body; 304 when the client has it.
http::Reply begin(std::string_view hash, std::string_view content_type, std::string_view policy,
                  std::string_view vary, const http::Request& request) {
  // Weak: the same contents, compressed or not (RFC 9110 section 8.8.3.3).
  const std::string tag = "W/\"" + std::string(hash) + "\"";
  http::Reply reply;
  reply.with("ETag", tag).with("Cache-Control", "no-cache").with("Vary", std::string(vary));
  // With 304 as well: a browser replaces its stored headers with these (RFC 9111 section 3.2), and
  // without this policy the API's default is sent, which allows nothing.
  reply.with("Content-Security-Policy", std::string(policy));
  reply.with("Permissions-Policy", kPermissions);
  if (has_it(request, tag)) {
    reply.status = 304;
  } else {
    reply.content_type = content_type;
  }
  return reply;
}

bool takes_gzip(const http::Request& request) {
  return accepts_gzip(request.header("accept-encoding").value_or(""));
}

}  // namespace

std::span<const AssetSet> asset_sets() {
  static const std::array kSets = {
      AssetSet{embedded_pages(), kPagePolicy},
      AssetSet{embedded_docs(), kDocsPolicy, true},
      AssetSet{embedded_docs_library(), kDocsPolicy, true},
      AssetSet{embedded_redoc(), kRedocPolicy, true},
      AssetSet{embedded_redoc_library(), kRedocPolicy, true},
  };
  return kSets;
}

const Asset* find_asset(std::string_view path) {
  for (const AssetSet& set : asset_sets()) {
    for (const Asset& asset : set.assets) {
      if (asset.path == path) return &asset;
    }
  }
  return nullptr;
}

std::string contents(const Asset& asset) {
  return gunzip(asset.gzip, asset.size);
}

Document make_document(std::string content_type, std::string policy, std::string text) {
  Document document;
  document.content_type = std::move(content_type);
  document.policy = std::move(policy);
  document.hash = hash_of(text);
  document.gzip = gzip(text);
  document.plain = std::move(text);
  return document;
}

std::string_view File::plain() const {
  const std::lock_guard lock(mutex_);
  if (!plain_) plain_ = contents(asset_);
  return *plain_;
}

http::Reply File::serve(const http::Request& request) const {
  http::Reply reply = begin(asset_.hash, asset_.content_type, policy_, "Accept-Encoding", request);
  if (reply.status == 304) return reply;
  if (takes_gzip(request)) {
    reply.with("Content-Encoding", "gzip").fixed = asset_.gzip;
  } else if (request.method == http::Method::head) {
    reply.unmade = asset_.size;
  } else {
    reply.fixed = plain();
  }
  return reply;
}

http::Reply serve(const Document& document, const http::Request& request) {
  http::Reply reply = begin(document.hash, document.content_type, document.policy,
                            document.varies ? kVaries : "Accept-Encoding", request);
  if (reply.status == 304) return reply;
  if (takes_gzip(request)) {
    reply.with("Content-Encoding", "gzip").fixed = document.gzip;
  } else {
    reply.fixed = document.plain;
  }
  return reply;
}

http::Reply serve_once(std::string_view content_type, std::string_view policy, std::string text,
                       const http::Request& request) {
  http::Reply reply = begin(hash_of(text), content_type, policy, kVaries, request);
  if (reply.status != 304) reply.body = std::move(text);
  return reply;
}

}  // namespace authd::web
