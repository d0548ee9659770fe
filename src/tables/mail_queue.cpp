#include "tables/mail_queue.h"

#include <algorithm>

namespace authd::tables {

std::string_view mail_kind_name(MailKind kind) {
  switch (kind) {
    case MailKind::nobody: return "nobody";
    case MailKind::verify_email: return "verify_email";
    case MailKind::reset_password: return "reset_password";
    case MailKind::magic_link: return "magic_link";
    case MailKind::login_code: return "login_code";
    case MailKind::confirm_new_email: return "confirm_new_email";
    case MailKind::email_changed: return "email_changed";
    case MailKind::password_changed: return "password_changed";
    case MailKind::factors_changed: return "factors_changed";
    case MailKind::account_exists: return "account_exists";
    case MailKind::test: return "test";
    case MailKind::email_change_asked: return "email_change_asked";
    case MailKind::logins_limited: return "logins_limited";
    case MailKind::wrong_factors: return "wrong_factors";
    case MailKind::new_passkey: return "new_passkey";
    case MailKind::no_new_password: return "no_new_password";
    case MailKind::new_device: return "new_device";
    case MailKind::unused_account: return "unused_account";
    case MailKind::webhook_disabled: return "webhook_disabled";
    case MailKind::invitation: return "invitation";
    case MailKind::made_administrator: return "made_administrator";
    case MailKind::account_disabled: return "account_disabled";
    case MailKind::account_deleted: return "account_deleted";
  }
  return "unknown";
}

Result<std::vector<Mail>> list_mails(store::Store& store, bool only_dead, size_t limit) {
  return store.read([&](store::ReadTxn& tx) -> Result<std::vector<Mail>> {
    std::vector<Mail> found;
    // Ids are random, so the oldest are known only after all have been seen; a heap keeps `limit`
    // of them.
    const auto older = [](const Mail& a, const Mail& b) {
      return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
    };
    outbox.scan(tx, "", "", [&](std::string_view, Mail mail) {
      if (only_dead && !mail.dead) return true;
      found.push_back(std::move(mail));
      std::push_heap(found.begin(), found.end(), older);
      if (found.size() > limit) {
        std::pop_heap(found.begin(), found.end(), older);
        found.pop_back();
      }
      return true;
    });
    std::sort_heap(found.begin(), found.end(), older);
    return found;
  });
}

Result<bool> retry_mail(store::Store& store, std::string_view id, Time now) {
  return store.write([&](store::WriteTxn& tx) -> Result<bool> {
    const std::optional<Mail> before = find_mail(tx, id);
    if (!before) return false;
    Mail after = *before;
    after.due_at = now;
    if (before->dead) after.attempts = 0;
    after.dead = false;
    update_mail(tx, *before, after);
    return true;
  });
}

Result<bool> purge_mail(store::Store& store, std::string_view id, bool only_dead) {
  return store.write([&](store::WriteTxn& tx) -> Result<bool> {
    const std::optional<Mail> mail = find_mail(tx, id);
    if (!mail || (only_dead && !mail->dead)) return false;
    delete_mail(tx, *mail);
    return true;
  });
}

Result<OutboxSize> outbox_size(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<OutboxSize> {
    OutboxSize size;
    outbox.scan(tx, "", "", [&](std::string_view, const Mail& mail) {
      size.dead += mail.dead ? 1 : 0;
      if (mail.dead) return true;
      size.waiting += 1;
      size.oldest = std::min(size.oldest.value_or(mail.created_at), mail.created_at);
      return true;
    });
    return size;
  });
}

}  // namespace authd::tables
