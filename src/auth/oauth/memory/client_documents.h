// The documents of clients whose id is an address (client_document.h), as this server has fetched
// them. They are kept for as long as their Cache-Control says, within bounds; a failure is
// remembered for a moment. Concurrent requests for the same document wait for one fetch, and few
// fetches run at the same time: each holds a thread for up to kDocumentTimeout.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "config/config.h"
#include "fetch/client.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr Milliseconds kDocumentTimeout = std::chrono::seconds(5);
// How long a copy is used: what the document says within these, and the third if it says nothing.
inline constexpr Milliseconds kLeastDocumentLife = std::chrono::minutes(5);
inline constexpr Milliseconds kMostDocumentLife = std::chrono::hours(24);
inline constexpr Milliseconds kUsualDocumentLife = std::chrono::hours(1);
// A document that was not there, or not in order, is not fetched again before.
inline constexpr Milliseconds kDocumentPause = std::chrono::seconds(30);
inline constexpr size_t kMaxKeptDocuments = 500;
inline constexpr unsigned kMaxDocumentFetches = 4;        // at the same time
inline constexpr unsigned kMaxDocumentFetchesOfHost = 2;  // of these, from one host
inline constexpr unsigned kMaxDocumentWaiters = 4;        // for the same document

// Who waits for the document. Programs leave one place of each of these limits free for people: a
// program can ask as often as it likes, while a person is waiting in front of a browser.
enum class DocumentAsker { person, program };

// Thread-safe.
class ClientDocuments {
 public:
  ClientDocuments(const config::Config& config, fetch::Client& remote, const Clock& clock, Log& log)
      : config_(config), remote_(remote), clock_(clock), log_(log) {}

  // The client with this id (admits_document() must hold), as its newest document has it;
  // `document_at` is when that was fetched. A copy that was in its time when the request began,
  // `age` ago, is good until the end of the request: what shows it to the person never waits. May
  // take kDocumentTimeout. Errors: `malformed`,
  // "invalid_client_metadata" or "invalid_redirect_uri", with what is wrong, for people; `busy`
  // with retry_after_s while too many fetches run.
  // `read` makes a client of the text (client_document.h).
  using Read = Result<tables::Client> (*)(std::string_view id, std::string_view text);
  Result<tables::Client> get(const std::string& id, Milliseconds age, Read read,
                             DocumentAsker asker = DocumentAsker::person);

 private:
  struct Entry {
    std::mutex mutex;  // of `found`; never held for long
    std::optional<Result<tables::Client>> found;
    std::atomic<SteadyTime> until{SteadyTime{}};  // of `found`
    std::mutex fetching;               // held during a fetch, so that others wait for its result
    std::atomic<unsigned> waiting{0};  // threads that fetch, or wait for that

    std::optional<Result<tables::Client>> fresh(SteadyTime now, Milliseconds age);
  };
  class Place;

  std::shared_ptr<Entry> entry_of(const std::string& id);
  Result<tables::Client> fetch(const std::string& id, Entry& entry, Read read, DocumentAsker asker);
  Result<fetch::Reply> ask(const std::string& id);

  const config::Config& config_;
  fetch::Client& remote_;
  const Clock& clock_;
  Log& log_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
  std::map<std::string, unsigned> fetching_;  // by host
  unsigned fetches_ = 0;
};

// Whether a reply of this content type can be a document: JSON, or a type that ends in "+json".
bool is_json_type(std::string_view content_type);

// How long a copy of a document may be used, from its Cache-Control (RFC 9111 section 5.2.2).
Milliseconds document_life(std::string_view cache_control);

}  // namespace authd::auth
