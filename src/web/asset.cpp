#include "web/asset.h"

#include <algorithm>
#include <array>

#include "web/gzip.h"

namespace authd::web {
namespace {

// FNV-1a, to tell two versions of a document apart; nobody gains by making two collide.
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

template <typename Plain, typename Packed>
http::Reply serve(std::string_view hash, std::string_view content_type, std::string_view policy,
                  std::string_view vary, const http::Request& request, Plain plain, Packed packed) {
  // Weak: the same contents, compressed or not (RFC 9110 section 8.8.3.3).
  const std::string tag = "W/\"" + std::string(hash) + "\"";
  http::Reply reply;
  reply.with("ETag", tag).with("Cache-Control", "no-cache").with("Vary", std::string(vary));
  // With 304 as well: a browser replaces the headers that it has kept by these (RFC 9111 section
  // 3.2), and the policy of the API, which is sent when there is none, allows nothing.
  reply.with("Content-Security-Policy", std::string(policy));
  if (has_it(request, tag)) {
    reply.status = 304;
    return reply;
  }
  reply.content_type = content_type;
  if (accepts_gzip(request.header("accept-encoding").value_or(""))) {
    reply.with("Content-Encoding", "gzip");
    reply.body = packed();
  } else {
    reply.body = plain();
  }
  return reply;
}

}  // namespace

std::span<const AssetSet> asset_sets() {
  static const std::array kSets = {
      AssetSet{embedded_pages(), kPagePolicy},          AssetSet{embedded_docs(), kDocsPolicy},
      AssetSet{embedded_docs_library(), kDocsPolicy},   AssetSet{embedded_redoc(), kRedocPolicy},
      AssetSet{embedded_redoc_library(), kRedocPolicy},
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

http::Reply serve(const Asset& asset, std::string_view policy, const http::Request& request) {
  return serve(
      asset.hash, asset.content_type, policy, "Accept-Encoding", request,
      [&] { return contents(asset); }, [&] { return std::string(asset.gzip); });
}

http::Reply serve(const Document& document, const http::Request& request) {
  return serve(
      document.hash, document.content_type, document.policy,
      document.varies ? "Accept-Encoding, Accept-Language, Cookie" : "Accept-Encoding", request,
      [&] { return document.plain; }, [&] { return document.gzip; });
}

}  // namespace authd::web
