// authd mail list|retry|purge|test

#include "base/encoding.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "mail/delivery.h"
#include "mail/logo.h"
#include "mail/make_transport.h"
#include "mail/message.h"
#include "server/mail_runner.h"
#include "tables/mail_queue.h"
#include "web/own_texts.h"

namespace authd::cli {
namespace {

constexpr size_t kIdBytes = 16;
constexpr size_t kEvery = SIZE_MAX;

struct Options {
  std::string text;  // an id or an address
  bool dead = false;
  bool all = false;
  bool queue = false;
  bool is_sure = false;
  size_t limit = 1000;
};

Result<void> list(Command& command, const Options& options) {
  const auth::Services* s = TRY(command.services());
  command.print_list("mails", TRY(tables::list_mails(s->store, options.dead, options.limit)),
                     &api::write_mail,
                     {"ID", "KIND", "TO", "WRITTEN", "ATTEMPTS", "NEXT ATTEMPT", "LAST ERROR"},
                     [](const tables::Mail& mail) {
                       return std::vector{hex_encode(mail.id),
                                          std::string(tables::mail_kind_name(mail.kind)),
                                          mail.to,
                                          format_rfc3339(mail.created_at),
                                          std::to_string(mail.attempts),
                                          mail.dead ? "given up" : format_rfc3339(mail.due_at),
                                          mail.last_error};
                     });
  return {};
}

// The ids to act on: the one on the command line, or all of those in the outbox.
Result<std::vector<std::string>> chosen(const auth::Services& s, const Options& options,
                                        bool only_dead, bool is_every) {
  if (options.text.empty() != is_every) {
    return Error{ErrorCode::usage,
                 std::string("give either an id or ") + (only_dead ? "--dead" : "--all")};
  }
  std::vector<std::string> ids;
  if (is_every) {
    for (tables::Mail& mail : TRY(tables::list_mails(s.store, only_dead, kEvery)))
      ids.push_back(std::move(mail.id));
    return ids;
  }
  const std::optional<std::string> id = hex_decode(options.text);
  const bool is_there =
      id && id->size() == kIdBytes && TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
        return tables::find_mail(tx, *id).has_value();
      }));
  if (!is_there) {
    return Error{ErrorCode::not_found, "there is no mail " + options.text + " in the outbox"};
  }
  ids.push_back(*id);
  return ids;
}

Result<void> report(Command& command, const char* what, size_t count) {
  command.print(std::string(what) + ": " + std::to_string(count),
                [&](JsonWriter& json) { json.begin_object().field(what, count).end_object(); });
  return {};
}

Result<void> retry(Command& command, const Options& options) {
  const auth::Services* s = TRY(command.services());
  size_t count = 0;
  for (const std::string& id : TRY(chosen(*s, options, false, options.all))) {
    count += TRY(tables::retry_mail(s->store, id, s->clock.now())) ? 1 : 0;
  }
  return report(command, "retried", count);
}

Result<void> purge(Command& command, const Options& options) {
  const auth::Services* s = TRY(command.services());
  size_t count = 0;
  const std::vector<std::string> ids = TRY(chosen(*s, options, true, options.dead));
  if (!ids.empty()) {
    TRY(confirm(options.is_sure, "delete " + counted(ids.size(), "mail") + " unsent"));
  }
  for (const std::string& id : ids) {
    count += TRY(tables::purge_mail(s->store, id, options.dead)) ? 1 : 0;
  }
  return report(command, "purged", count);
}

tables::Mail make_test_mail(Command& command, const std::string& address) {
  tables::Mail mail;
  mail.id = command.random().bytes(kIdBytes);
  mail.kind = tables::MailKind::test;
  mail.to = address;
  mail.created_at = command.clock().now();
  mail.due_at = mail.created_at;
  return mail;
}

Result<void> enqueue(Command& command, const tables::Mail& mail) {
  const auth::Services* s = TRY(command.services());
  TRY(s->store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::insert_mail(tx, mail);
    return {};
  }));
  const std::string id = hex_encode(mail.id);
  command.print("mail " + id + " is in the outbox",
                [&](JsonWriter& json) { json.begin_object().field("queued", id).end_object(); });
  return {};
}

// Without the data directory: this tests only the configuration.
Result<void> send_now(Command& command, const tables::Mail& mail) {
  const config::Loaded* loaded = TRY(command.loaded());
  const config::Config& config = loaded->config;
  const web::AllTexts texts = TRY(web::read_own_texts(config.branding.texts_dir));
  const mail::Picture logo = TRY(mail::read_logo(config.branding));
  const mail::Envelope envelope = TRY(mail::compose(mail, {}, config, texts.mails, logo));
  const std::unique_ptr<mail::Transport> transport =
      mail::make_transport(config.mail, command.log(), [] { return false; });
  const mail::SendResult result = transport->send(envelope);
  switch (result.outcome) {
    case mail::Outcome::sent: break;
    case mail::Outcome::refused: return Error{ErrorCode::invalid, "refused: " + result.reason};
    case mail::Outcome::later:
    case mail::Outcome::aborted: return Error{ErrorCode::unavailable, "not sent: " + result.reason};
  }
  command.print("sent to " + envelope.to + "\n" + result.reason, [&](JsonWriter& json) {
    json.begin_object()
        .field("sent", envelope.id)
        .field("to", envelope.to)
        .field("answer", result.reason)
        .end_object();
  });
  return {};
}

Result<void> test(Command& command, const Options& options) {
  if (!mail::is_address(options.text)) {
    return Error{ErrorCode::usage, "\"" + printable(options.text) + "\" is not a mail address"};
  }
  const tables::Mail mail = make_test_mail(command, options.text);
  return options.queue ? enqueue(command, mail) : send_now(command, mail);
}

}  // namespace

void add_mail(const Subcommand& app, Command& command) {
  Group<Options> group(app, command, "mail", "The outbox: list, retry, purge, test");
  const auto& options = group.flags;
  const Subcommand listing =
      group.add("list", "List mails that are waiting or were given up, oldest first", &list);
  listing.add_flag("--dead", options->dead, "Only those that were given up");
  listing.add_option("--limit", options->limit, "At most this many")
      .check(whole_number(1))
      .capture_default_str();
  const Subcommand retrying =
      group.add("retry", "Make mails due now, even those that were given up", &retry);
  retrying.add_option("MAIL", options->text, "Its id, as `authd mail list` shows it");
  retrying.add_flag("--all", options->all, "Every mail in the outbox");
  const Subcommand purging = group.add("purge", "Remove mails without sending them", &purge);
  purging.add_option("MAIL", options->text, "Its id, as `authd mail list` shows it");
  purging.add_flag("--dead", options->dead, "All that were given up");
  purging.add_flag("--yes", options->is_sure, kYesHelp);
  const Subcommand testing =
      group.add("test", "Send a test mail at once and show the server's answer", &test);
  testing.add_option("ADDRESS", options->text, "Where to").required();
  testing.add_flag("--queue", options->queue, "Put it into the outbox, for the server to send");
}

}  // namespace authd::cli
