#include "mail/delivery.h"

#include <algorithm>

#include "base/encoding.h"
#include "mail/message.h"
#include "mail/templates.h"
#include "tables/mail_queue.h"

namespace authd::mail {

Result<Envelope> compose(const tables::Mail& mail, const Unseal& unseal,
                         const config::Config& config, const web::Catalogues& catalogues,
                         const Picture& logo) {
  std::string secret;
  if (!mail.sealed.empty()) {
    std::optional<std::string> opened = unseal(mail);
    if (!opened) {
      return Error{ErrorCode::invalid,
                   "its secret does not open: it is sealed with another master key"};
    }
    secret = std::move(*opened);
  }
  Message message;
  message.id = hex_encode(mail.id);
  const std::string address = logo.bytes.empty() ? "" : picture_address(message.id);
  const std::optional<Texts> texts = make_texts(mail, secret, config, catalogues, address);
  if (!texts) {
    return Error{ErrorCode::invalid, carries_secret(mail.kind)
                                         ? "it carries no token or code"
                                         : "this release has no text for mails of its kind"};
  }
  message.from = parse_mailbox(config.mail.from);
  // Without a name: the requester of the mail may have chosen it.
  message.to.address = mail.to;
  message.subject = texts->subject;
  message.text = texts->text;
  message.html = texts->html;
  message.picture = logo;
  message.date = mail.created_at;
  Envelope envelope;
  envelope.message = TRY(format_message(message));
  envelope.id = message.id;
  envelope.kind = mail.kind;
  envelope.from = message.from.address;
  envelope.to = mail.to;
  envelope.action = texts->action;
  return envelope;
}

Result<Delivered> Delivery::deliver_due() {
  const Time now = parts_.clock.now();
  const std::vector<tables::Mail> due =
      TRY(parts_.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Mail>> {
        return tables::due_mails(tx, now, 2 * kRetries.longest, kMailsPerRun);
      }));
  Delivered delivered;
  for (const tables::Mail& mail : due) {
    if (TRY(deliver(mail)) == Outcome::aborted) return delivered;
    delivered.done += 1;
  }
  delivered.more = due.size() == kMailsPerRun;
  return delivered;
}

Result<Outcome> Delivery::deliver(const tables::Mail& mail) {
  const bool is_to_nobody = mail.kind == tables::MailKind::nobody;
  if (is_to_nobody || sent_.contains(mail.id)) {
    // Counted as well, so that the total does not show which address has an account.
    if (is_to_nobody) parts_.counts.sent += 1;
    TRY(finish(mail));
    return Outcome::sent;
  }
  const Result<Envelope> envelope =
      compose(mail, parts_.unseal, parts_.config, parts_.texts(), parts_.logo);
  // Allocated before the mail is sent, since memory may run out later: nobody gets a mail twice
  // because of that.
  std::set<std::string, std::less<>> noted{mail.id};
  const SendResult result = envelope ? parts_.transport.send(*envelope)
                                     : SendResult{Outcome::refused, envelope.error().message};
  switch (result.outcome) {
    case Outcome::aborted: break;
    case Outcome::sent:
      sent_.merge(noted);
      parts_.counts.sent += 1;
      TRY(finish(mail));
      parts_.log.info("mail sent", {{"mail_id", hex_encode(mail.id)},
                                    {"kind", tables::mail_kind_name(mail.kind)},
                                    {"attempts", mail.attempts + 1}});
      break;
    case Outcome::later:
    case Outcome::refused: TRY(put_off(mail, result.outcome, result.reason)); break;
  }
  return result.outcome;
}

Result<void> Delivery::finish(const tables::Mail& mail) {
  TRY(tables::purge_mail(parts_.store, mail.id, false));
  sent_.erase(mail.id);
  return {};
}

Result<void> Delivery::put_off(const tables::Mail& mail, Outcome outcome,
                               const std::string& reason) {
  const Time now = parts_.clock.now();
  const double jitter = random_fraction(parts_.random);
  const bool gives_up = outcome == Outcome::refused || now - mail.created_at >= kGiveUpAfter;
  using Row = std::optional<tables::Mail>;
  const Row row = TRY(parts_.store.write([&](store::WriteTxn& tx) -> Result<Row> {
    // It may have been purged or made due again meanwhile.
    const Row before = tables::find_mail(tx, mail.id);
    if (!before || before->dead) return Row();
    tables::Mail after = *before;
    after.attempts += 1;
    after.last_error = reason;
    after.dead = gives_up;
    // Otherwise, after the clock was set back, it would not be given up until the clock has caught
    // up.
    after.created_at = std::min(after.created_at, now);
    if (!gives_up) after.due_at = now + pause_after(kRetries, after.attempts, jitter);
    tables::update_mail(tx, *before, after);
    return Row(after);
  }));
  if (!row) return {};
  (gives_up ? parts_.counts.dead : parts_.counts.failed) += 1;
  const char* what = gives_up ? "mail given up: authd mail list --dead" : "mail not sent yet";
  parts_.log.warn(what, {{"mail_id", hex_encode(mail.id)},
                         {"kind", tables::mail_kind_name(mail.kind)},
                         {"attempts", row->attempts},
                         {"reason", reason}});
  return {};
}

}  // namespace authd::mail
