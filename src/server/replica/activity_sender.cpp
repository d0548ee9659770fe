#include "server/replica/activity_sender.h"

#include "auth/core/activity.h"
#include "auth/sessions/sessions.h"
#include "tables/rows/keys.h"

namespace authd::server {
namespace {

constexpr Seconds kPace{5};
constexpr size_t kAtOnce = 1'000;  // of each kind
constexpr size_t kIdBytes = 8;

void append(std::string& form, std::string_view field, const std::string& names) {
  if (names.empty()) return;
  form += (form.empty() ? "" : "&") + std::string(field) + "=" + names;
}

template <typename Taken, typename Text>
std::string names_of(const Taken& taken, const Text& text) {
  std::string names;
  for (const auto& [key, time] : taken)
    names += (names.empty() ? "" : ",") + text(key);
  return names;
}

std::string api_key_name(const std::string& row) {
  return std::to_string(tables::from_big_endian(std::string_view(row).substr(0, kIdBytes))) + ":" +
         std::to_string(tables::from_big_endian(std::string_view(row).substr(kIdBytes)));
}

}  // namespace

ActivitySender::ActivitySender(const auth::Services& services, MainServer& main)
    : services_(services), main_(main), thread_([this] { run(); }) {}

ActivitySender::~ActivitySender() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void ActivitySender::run() {
  for (bool is_last = false; !is_last;) {
    {
      std::unique_lock lock(mutex_);
      is_last = wake_.wait_for(lock, kPace, [&] { return is_ending_; });
    }
    while (send_some()) {
    }
  }
}

// Returns whether there may be more.
bool ActivitySender::send_some() {
  auth::ActivityNotes& notes = services_.activity;
  const auto users = notes.users.take(kAtOnce);
  const auto sessions = notes.sessions.take(kAtOnce);
  const auto keys = notes.api_keys.take(kAtOnce);
  std::string form;
  append(form, "users", names_of(users, [](uint64_t id) { return std::to_string(id); }));
  append(form, "sessions", names_of(sessions, &auth::session_text));
  append(form, "api_keys", names_of(keys, &api_key_name));
  if (form.empty()) return false;
  if (main_.tell_used(form)) return true;
  notes.users.give_back(users);
  notes.sessions.give_back(sessions);
  notes.api_keys.give_back(keys);
  return false;
}

}  // namespace authd::server
