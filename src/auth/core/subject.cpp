#include "auth/core/subject.h"

#include "base/uuid.h"

namespace authd::auth {

void ensure_subject(const Services& s, tables::User& user) {
  if (user.subject.empty()) user.subject = make_uuid(s.random);
}

std::string subject_of(const tables::User& user) {
  return user.subject.empty() ? std::to_string(user.id.value) : user.subject;
}

bool is_named_by(const tables::User& user, std::string_view sub) {
  if (sub.empty()) return false;
  return sub == user.subject || sub == std::to_string(user.id.value);
}

}  // namespace authd::auth
