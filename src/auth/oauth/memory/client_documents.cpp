#include "auth/oauth/memory/client_documents.h"

#include <algorithm>
#include <array>

#include "auth/oauth/protocol/document_address.h"
#include "auth/oauth/protocol/words.h"
#include "base/text.h"

namespace authd::auth {
namespace {

constexpr int kRetryAfterS = 5;

Error wrong(std::string message) {
  return Error{
      ErrorCode::malformed,
      "The client_id of the application is the address of a document that cannot be used: " +
          std::move(message),
      "", std::string(kInvalidMetadata)};
}

Error busy() {
  return Error{.code = ErrorCode::busy,
               .message =
                   "The server is reading other applications' descriptions; try again in a "
                   "moment.",
               .retry_after_s = kRetryAfterS};
}

// The directive's value; empty if it is not there.
std::string_view directive(std::string_view cache_control, std::string_view name) {
  while (!cache_control.empty()) {
    const size_t comma = cache_control.find(',');
    const std::string_view one = trimmed(cache_control.substr(0, comma));
    cache_control.remove_prefix(comma == std::string_view::npos ? cache_control.size() : comma + 1);
    const size_t equals = one.find('=');
    if (lower(one.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? one : trimmed(one.substr(equals + 1), "\" \t");
  }
  return "";
}

Result<tables::Client> client_of(const std::string& id, const fetch::Reply& reply,
                                 ClientDocuments::Read read) {
  if (reply.status != 200) {
    return wrong("the server there answers with the status " + std::to_string(reply.status) + ".");
  }
  const std::string type = reply.header("content-type");
  if (!is_json_type(type)) {
    return wrong("it is sent as \"" + type.substr(0, 100) + "\", but must be application/json.");
  }
  return read(id, reply.body);
}

// How many of these places the asker may fill.
unsigned share_of(DocumentAsker asker, unsigned places) {
  return asker == DocumentAsker::person ? places : places - 1;
}

}  // namespace

bool is_json_type(std::string_view content_type) {
  const std::string type = lower(trimmed(content_type.substr(0, content_type.find(';'))));
  return type == "application/json" ||
         (type.starts_with("application/") && type.ends_with("+json"));
}

Milliseconds document_life(std::string_view cache_control) {
  const bool is_fleeting = !directive(cache_control, "no-store").empty() ||
                           !directive(cache_control, "no-cache").empty();
  if (is_fleeting) return kLeastDocumentLife;
  const auto seconds = parse_unsigned<uint32_t>(directive(cache_control, "max-age"));
  if (!seconds) return kUsualDocumentLife;
  return std::clamp<Milliseconds>(Seconds(*seconds), kLeastDocumentLife, kMostDocumentLife);
}

// One of the few fetches that may run.
class ClientDocuments::Place {
 public:
  Place(ClientDocuments& documents, std::string host, DocumentAsker asker)
      : documents_(documents), host_(std::move(host)) {
    const std::lock_guard lock(documents_.mutex_);
    unsigned& of_host = documents_.fetching_[host_];
    is_free_ = documents_.fetches_ < share_of(asker, kMaxDocumentFetches) &&
               of_host < share_of(asker, kMaxDocumentFetchesOfHost);
    if (is_free_) {
      of_host += 1;
      documents_.fetches_ += 1;
    } else if (of_host == 0) {
      documents_.fetching_.erase(host_);
    }
  }
  ~Place() {
    if (!is_free_) return;
    const std::lock_guard lock(documents_.mutex_);
    documents_.fetches_ -= 1;
    const auto found = documents_.fetching_.find(host_);
    if (--found->second == 0) documents_.fetching_.erase(found);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool is_free() const { return is_free_; }

 private:
  ClientDocuments& documents_;
  const std::string host_;
  bool is_free_ = false;
};

// When there are too many, the one that ends first gives way. Nobody who holds an entry loses it.
std::shared_ptr<ClientDocuments::Entry> ClientDocuments::entry_of(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found != entries_.end()) return found->second;
  if (entries_.size() >= kMaxKeptDocuments) {
    entries_.erase(
        std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
          return a.second->until.load() < b.second->until.load();
        }));
  }
  return entries_.emplace(id, std::make_shared<Entry>()).first->second;
}

std::optional<Result<tables::Client>> ClientDocuments::Entry::fresh(SteadyTime now,
                                                                    Milliseconds age) {
  const std::lock_guard lock(mutex);
  // Only a document may be used for `age` longer: a failure expires on time.
  const SteadyTime at = found && found->has_value() ? now - age : now;
  return at < until.load() ? found : std::nullopt;
}

Result<tables::Client> ClientDocuments::get(const std::string& id, Milliseconds age, Read read,
                                            DocumentAsker asker) {
  const std::shared_ptr<Entry> entry = entry_of(id);
  if (auto kept = entry->fresh(clock_.steady_now(), age)) return std::move(*kept);
  // Each waiter holds a thread, so there may be only a few.
  struct Waiting {
    Entry& entry;
    const unsigned most;
    const bool is_allowed = entry.waiting.fetch_add(1) < most;
    ~Waiting() { entry.waiting.fetch_sub(1); }
  } waiting{*entry, share_of(asker, kMaxDocumentWaiters)};
  if (!waiting.is_allowed) return busy();
  const std::lock_guard lock(entry->fetching);
  if (auto kept = entry->fresh(clock_.steady_now(), age)) return std::move(*kept);
  return fetch(id, *entry, read, asker);
}

Result<tables::Client> ClientDocuments::fetch(const std::string& id, Entry& entry, Read read,
                                              DocumentAsker asker) {
  const Place place(*this, document_host(id), asker);
  if (!place.is_free()) return busy();
  const Result<fetch::Reply> reply = ask(id);
  Result<tables::Client> found =
      reply ? client_of(id, *reply, read) : Result<tables::Client>(wrong("it cannot be fetched."));
  // The address of the document is what is wrong with the request, whatever is wrong in there.
  if (!found) found.error().field.clear();
  Milliseconds life = kDocumentPause;
  if (found) {
    found->document_at = clock_.now();
    life = document_life(reply->header("cache-control"));
  } else {
    log_.warn(
        "a client's document is not usable",
        {{"client_id", id}, {"cause", reply ? found.error().message : reply.error().message}});
  }
  const std::lock_guard lock(entry.mutex);
  entry.found = found;
  entry.until = clock_.steady_now() + life;
  return found;
}

Result<fetch::Reply> ClientDocuments::ask(const std::string& id) {
  fetch::Request request;
  request.url = id;
  request.timeout = kDocumentTimeout;
  request.reach = fetch::Reach::public_only;
  request.networks = config_.provider.outbound_networks;
  request.max_bytes = kMaxDocument;
  return remote_.send(request);
}

}  // namespace authd::auth
