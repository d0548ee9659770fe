// authd branding preview
#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "config/languages.h"
#include "mail/logo.h"
#include "mail/templates.h"
#include "tables/mail_detail.h"
#include "tables/mail_queue.h"
#include "web/own_texts.h"

namespace authd::cli {
namespace {

using tables::MailKind;

constexpr mode_t kMode = 0644;

struct Flags {
  std::string language;  // empty: all
  std::string mail;      // the name of a kind; empty: all, and the pages
  std::string output;
};

// With made-up content: nobody's address, and a link that opens nothing.
tables::Mail sample_of(MailKind kind, std::string_view tag) {
  tables::Mail mail;
  mail.kind = kind;
  mail.locale = tag;
  mail.to = "ann@example.org";
  mail.name = "Ann";
  mail.account = "ann";
  mail.detail = "192.0.2.7";
  if (kind == MailKind::email_changed || kind == MailKind::email_change_asked) {
    mail.detail = "ann@new.example";
  }
  if (kind == MailKind::no_new_password) mail.detail = "by code";
  if (kind == MailKind::invitation) mail.detail = "4320";  // minutes
  if (kind == MailKind::new_device) {
    mail.detail = tables::detail_of({{"login_device", {{"device", "Firefox, Linux"}}},
                                     {"login_time", {{"time", "2026-11-21 08:15 UTC"}}},
                                     {"login_address", {{"address", "192.0.2.7"}}}});
  }
  if (kind == MailKind::factors_changed) {
    mail.detail = tables::detail_of({{"username_changed", {{"before", "ann"}, {"after", "anna"}}},
                                     {"recovery_code_used"},
                                     {"codes_left", {{"count", "7"}}},
                                     {"change_from", {{"address", "192.0.2.7"}}}});
  }
  return mail;
}

// In a file of its own, a mail has the picture in its address.
std::string data_address(const mail::Picture& logo) {
  if (logo.bytes.empty()) return "";
  return "data:" + logo.type + ";base64," + base64_encode(logo.bytes);
}

class Previews {
 public:
  Previews(const config::Config& config, const web::AllTexts& texts, const mail::Picture& logo,
           const Flags& flags)
      : config_(config), texts_(texts), logo_(data_address(logo)), flags_(flags) {}

  // The number of files.
  Result<size_t> write() {
    for (const std::string_view tag : texts_.pages.tags()) {
      if (!flags_.language.empty() && flags_.language != tag) continue;
      TRY(write_language(tag));
    }
    return written_;
  }

 private:
  Result<void> write_language(std::string_view tag) {
    const std::string directory = flags_.output + "/" + std::string(tag) + "/";
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    if (failure) return Error{ErrorCode::unavailable, directory + ": " + failure.message()};
    for (const MailKind kind : mail::mail_kinds())
      TRY(write_mail(directory, kind, tag));
    if (!flags_.mail.empty()) return {};
    std::string all;
    for (const auto& [key, text] : texts_.pages.of(tag).texts())
      all += key + ": " + text + "\n";
    return put(directory + "pages.txt", all);
  }

  Result<void> write_mail(const std::string& directory, MailKind kind, std::string_view tag) {
    const std::string name(tables::mail_kind_name(kind));
    if (!flags_.mail.empty() && flags_.mail != name) return {};
    const bool is_code = kind == MailKind::login_code;
    const auto made = mail::make_texts(sample_of(kind, tag), is_code ? "123456" : "example",
                                       config_, texts_.mails, logo_);
    if (!made) return {};
    TRY(put(directory + name + ".txt", "Subject: " + made->subject + "\n\n" + made->text));
    return put(directory + name + ".html", made->html);
  }

  Result<void> put(const std::string& path, std::string_view bytes) {
    TRY(write_file_atomic(path, bytes, kMode));
    written_ += 1;
    return {};
  }

  const config::Config& config_;
  const web::AllTexts& texts_;
  const std::string logo_;
  const Flags& flags_;
  size_t written_ = 0;
};

Result<void> check(const Flags& flags, const web::AllTexts& texts) {
  if (!flags.language.empty() && !texts.pages.has(flags.language)) {
    return Error{ErrorCode::usage, "--lang is one of " + joined(texts.pages.tags(), ", ")};
  }
  const auto kinds = mail::mail_kinds();
  if (flags.mail.empty() || std::any_of(kinds.begin(), kinds.end(), [&](MailKind kind) {
        return tables::mail_kind_name(kind) == flags.mail;
      })) {
    return {};
  }
  return Error{ErrorCode::usage, "--mail is one of " + joined(kinds, ", ", [](MailKind kind) {
                                   return tables::mail_kind_name(kind);
                                 })};
}

// Without the data directory: this needs only the configuration.
Result<void> preview(Command& command, const Flags& flags) {
  const config::Loaded* loaded = TRY(command.loaded());
  const config::Config& config = loaded->config;
  const web::AllTexts texts = TRY(web::read_own_texts(config.branding.texts_dir));
  TRY(check(flags, texts));
  const mail::Picture logo = TRY(mail::read_logo(config.branding));
  const size_t written = TRY(Previews(config, texts, logo, flags).write());
  command.print(
      counted(written, "file is", "files are") + " in " + flags.output, [&](JsonWriter& json) {
        json.begin_object().field("output", flags.output).field("files", written).end_object();
      });
  return {};
}

}  // namespace

void add_branding(const Subcommand& app, Command& command) {
  Group<Flags> group(app, command, "branding", "Your own look and words: preview");
  const auto& flags = group.flags;
  const Subcommand previewing = group.add(
      "preview", "Write every mail and the texts of the pages as files, to look at", &preview);
  previewing.add_option("--lang", flags->language, "Only this language: en, de, …")
      .type_name("TAG");
  previewing.add_option("--mail", flags->mail, "Only this kind of mail: verify_email, …")
      .type_name("KIND");
  previewing.add_option("--output", flags->output, "The directory for the files")
      .type_name("DIR")
      .required();
}

}  // namespace authd::cli
