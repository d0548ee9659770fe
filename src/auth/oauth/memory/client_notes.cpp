#include "auth/oauth/memory/client_notes.h"

#include <algorithm>

namespace authd::auth {

ClientNotes::Seen& ClientNotes::find_or_add(std::string_view client) {
  auto found = noted_.find(client);
  if (found == noted_.end()) {
    if (noted_.size() >= kMaxClients) {
      noted_.erase(std::min_element(noted_.begin(), noted_.end(), [](const auto& a, const auto& b) {
        return a.second.last_note < b.second.last_note;
      }));
    }
    found = noted_.emplace(client, Noted()).first;
  }
  found->second.last_note = ++notes_;
  return found->second.seen;
}

void ClientNotes::note_refusal(std::string_view client, ClientRefusal refusal) {
  if (refusal.message.size() > kMaxMessage) refusal.message.resize(kMaxMessage);
  const std::lock_guard lock(mutex_);
  Seen& seen = find_or_add(client);
  seen.refusals.push_front(std::move(refusal));
  if (seen.refusals.size() > kMaxRefusals) seen.refusals.pop_back();
}

void ClientNotes::note_request(std::string_view client, bool uses_pkce) {
  const std::lock_guard lock(mutex_);
  find_or_add(client).uses_pkce = uses_pkce;
}

ClientNotes::Seen ClientNotes::of(std::string_view client) const {
  const std::lock_guard lock(mutex_);
  const auto found = noted_.find(client);
  return found == noted_.end() ? Seen() : found->second.seen;
}

}  // namespace authd::auth
