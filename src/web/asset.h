// Files that are part of the executable: the pages, and whatever else the build embeds. They are
// stored compressed and sent that way to clients that accept gzip. A reply never copies or
// compresses one, because any stranger may request any of them at any rate.
//
// To embed another folder: a line authd_embed(NAME FOLDER PREFIX) in src/folders.cmake, the
// declaration of embedded_NAME() here, and a row in asset.cpp with the policy of its documents.
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/wire/message.h"

namespace authd::web {

struct Asset {
  std::string_view path;  // where it is served: "/ui/app.js"
  std::string_view content_type;
  std::string_view hash;  // of the contents, hex
  std::string_view gzip;
  size_t size;  // of the contents, uncompressed
};

// The content security policy of our own pages: nothing inline, nothing from elsewhere.
inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

// Swagger UI needs no more than our own pages; it has nothing to submit.
inline constexpr std::string_view kDocsPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

// ReDoc creates an empty <style> element (the first hash is of the empty string), which it fills
// through the object model, which no policy forbids, and one for its scroll bars (the second hash,
// of the pinned version); its search runs in a worker that it creates from a blob.
inline constexpr std::string_view kRedocPolicy =
    "default-src 'none'; script-src 'self'; worker-src blob:; "
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; "
    "img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'";

// Assets whose documents may do the same.
struct AssetSet {
  std::span<const Asset> assets;
  std::string_view policy;
  bool is_documentation = false;  // served only with docs.enabled
};

// The one list of what is embedded.
std::span<const AssetSet> asset_sets();

// The embedded file at this path, or null.
const Asset* find_asset(std::string_view path);

// Its contents, uncompressed.
std::string contents(const Asset& asset);

// An embedded file, ready for requests. Thread-safe.
class File {
 public:
  // `asset` and `policy` outlive it; it outlives its replies.
  File(const Asset& asset, std::string_view policy, bool is_documentation)
      : asset_(asset), policy_(policy), is_documentation_(is_documentation) {}

  std::string_view path() const { return asset_.path; }
  bool is_documentation() const { return is_documentation_; }
  http::Reply serve(const http::Request& request) const;

 private:
  std::string_view plain() const;

  const Asset& asset_;
  const std::string_view policy_;
  const bool is_documentation_;
  // Unpacked for the first client that needs it, then kept: 3 MB when all are unpacked.
  mutable std::mutex mutex_;
  mutable std::optional<std::string> plain_;
};

// A document at an address, ready for requests; created at start.
struct Document {
  std::string content_type;
  std::string policy;
  std::string hash;
  std::string plain;
  std::string gzip;
  bool varies = false;  // with the client's language and cookies
};

// `text` compressed, with its hash.
Document make_document(std::string content_type, std::string policy, std::string text);

// The reply to GET and HEAD: 304 when the client has it, uncompressed when it does not accept gzip.
// The client revalidates each time (Cache-Control: no-cache), so that a page never runs with the
// scripts of another release. The document outlives the reply.
http::Reply serve(const Document& document, const http::Request& request);

// The same for a text created for this request alone: sent uncompressed, because compressing it
// would cost more than everything else.
http::Reply serve_once(std::string_view content_type, std::string_view policy, std::string text,
                       const http::Request& request);

// The sets, each created by authd_embed in src/folders.cmake.
std::span<const Asset> embedded_pages();
std::span<const Asset> embedded_openapi();  // the texts of api/contract/openapi.h, not served
std::span<const Asset> embedded_docs();     // the page /docs, and Swagger UI
std::span<const Asset> embedded_docs_library();
std::span<const Asset> embedded_redoc();  // the page /redoc, and ReDoc
std::span<const Asset> embedded_redoc_library();
std::span<const Asset> embedded_mails();      // the texts of mails (catalogue.h), not served
std::span<const Asset> embedded_proxies();    // what `authd init` prints, not served
std::span<const Asset> embedded_examples();   // and what it prints for frameworks: examples/
std::span<const Asset> embedded_kit();        // the client kit (kit.h), not served as it is
std::span<const Asset> embedded_templates();  // auth/oauth/clients/templates, not served
std::span<const Asset> embedded_shell();      // parts of site.h's documents, not served as they are

}  // namespace authd::web
