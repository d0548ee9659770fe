#include "mail/templates.h"

#include <array>
#include <vector>

#include "base/encoding.h"
#include "base/text.h"
#include "config/client_profile.h"

namespace authd::mail {
namespace {

using tables::MailKind;

enum class Carries { nothing, link, code };

// The texts of one kind. {product}, {to}, {account}, {detail} and {lifetime} are filled in.
struct Template {
  MailKind kind;
  const char* subject;
  const char* opening;
  Carries carries = Carries::nothing;
  const char* path = "";   // of the link, below server.public_url
  const char* label = "";  // of the link
  Milliseconds lifetime{};
  const char* detail = "";          // a paragraph for the mail's detail, if it has one
  const char* without_detail = "";  // in place of that paragraph
  const char* closing = "";
};

constexpr const char* kFrom = "The request came from the address {detail}.";
constexpr const char* kAct =
    "If this was not you, someone else has access to your account: set a new password at once, and "
    "end all sessions.";

constexpr std::array kTemplates = {
    Template{.kind = MailKind::verify_email,
             .subject = "Confirm your address for {product}",
             .opening = "Please confirm that {to} is your address, so that {product} can use it.",
             .carries = Carries::link,
             .path = "/verify-email",
             .label = "Confirm the address",
             .lifetime = config::kVerifyLinkLifetime,
             .detail = kFrom,
             .closing = "If this was not you, you can ignore this email: nothing happens unless "
                        "someone opens the link."},
    Template{.kind = MailKind::reset_password,
             .subject = "Set a new password for {product}",
             .opening = "Someone, hopefully you, asked for a new password for your account at "
                        "{product}.",
             .carries = Carries::link,
             .path = "/reset-password",
             .label = "Set a new password",
             .lifetime = config::kResetLinkLifetime,
             .detail = kFrom,
             .closing = "If this was not you, you can ignore this email: your password has not "
                        "changed."},
    Template{.kind = MailKind::new_passkey,
             .subject = "Make a new passkey for {product}",
             .opening = "Someone, hopefully you, cannot sign in to your account at {product} any "
                        "more. With this link you make a new passkey.",
             .carries = Carries::link,
             .path = "/reset-password",
             .label = "Make a new passkey",
             .lifetime = config::kResetLinkLifetime,
             .detail = kFrom,
             .closing = "If this was not you, you can ignore this email: nothing has changed."},
    Template{.kind = MailKind::no_new_password,
             .subject = "Signing in to {product} again",
             .opening = "Someone, hopefully you, asked for a new password for your account at "
                        "{product}. You sign in to it with a passkey.",
             .detail = "{detail}",
             .closing = "If this was not you, you can ignore this email: nothing has changed."},
    Template{.kind = MailKind::magic_link,
             .subject = "Your login link for {product}",
             .opening = "This link signs you in to {product} without a password.",
             .carries = Carries::link,
             .path = "/magic-link",
             .label = "Sign in",
             .lifetime = config::kMagicLinkLifetime,
             .detail = kFrom,
             .closing = "If this was not you, ignore this email, and do not pass the link on: "
                        "anyone who has it can sign in as you."},
    Template{.kind = MailKind::login_code,
             .subject = "Your login code for {product}",
             .opening = "This is your code to sign in to {product}. It works only where you "
                        "asked for it.",
             .carries = Carries::code,
             .lifetime = config::kLoginCodeLifetime,
             .detail = kFrom,
             .closing = "If this was not you, do not give the code to anyone. Someone may know "
                        "your password: set a new one."},
    Template{.kind = MailKind::confirm_new_email,
             .subject = "Confirm your new address for {product}",
             .opening = "Please confirm that {to} should become the address of {account} at "
                        "{product}. Nothing changes until then.",
             .carries = Carries::link,
             .path = "/confirm-email",
             .label = "Confirm the new address",
             .lifetime = config::kVerifyLinkLifetime,
             .detail = kFrom,
             .closing = "The link works only while you are signed in to that account. If you did "
                        "not ask for this, ignore this email."},
    Template{.kind = MailKind::email_change_asked,
             .subject = "A change of your address at {product} was requested",
             .opening = "Someone, hopefully you, asked to change the address of {account} at "
                        "{product}. Email would no longer go to {to}.",
             .carries = Carries::link,
             .path = "/stop-email-change",
             .label = "Stop the change",
             .lifetime = config::kVerifyLinkLifetime,
             .detail = "The new address would be {detail}.",
             .closing = "If this was you, there is nothing to do. If this was not you, someone "
                        "else has access to your account: stop the change, then set a new "
                        "password, which ends all sessions."},
    Template{.kind = MailKind::email_changed,
             .subject = "Your address at {product} was changed",
             .opening = "The address of your account at {product} was changed. Email no longer "
                        "goes to {to}.",
             .detail = "The new address is {detail}.",
             .without_detail = "The account has no address now.",
             .closing = "If this was not you, someone else has access to your account: contact "
                        "those who run {product}."},
    Template{.kind = MailKind::password_changed,
             .subject = "Your password for {product} was changed",
             .opening = "The password of your account at {product} was changed.",
             .detail = "The change came from the address {detail}.",
             .closing = kAct},
    Template{.kind = MailKind::factors_changed,
             .subject = "Your login settings for {product} were changed",
             .opening = "The login settings of your account at {product} were changed.",
             .detail = "{detail}",
             .closing = kAct},
    Template{.kind = MailKind::logins_limited,
             .subject = "Too many failed logins to your account at {product}",
             .opening = "Someone tried 100 times in a row to sign in to your account at {product}, "
                        "and failed. To protect it, your password now works only in browsers where "
                        "you have signed in before. Anywhere else, sign in with a code or a link "
                        "that is sent to this address.",
             .detail = "The last attempt came from the address {detail}.",
             .closing = "As soon as you have signed in, your password works everywhere again. You "
                        "need not change it, unless you use it elsewhere or it is easy to guess."},
    Template{.kind = MailKind::made_administrator,
             .subject = "You are now an administrator of {product}",
             .opening = "The role \"admin\" was granted to your account at {product}. With it, you "
                        "can change the accounts of other people.",
             .closing = "If you did not expect this, tell those who run {product}."},
    Template{.kind = MailKind::account_disabled,
             .subject = "Your account at {product} was disabled",
             .opening = "Your account at {product} was disabled by those who run the service. You "
                        "cannot sign in until it is enabled again.",
             .closing = "If you do not know why, contact those who run {product}."},
    Template{.kind = MailKind::account_deleted,
             .subject = "Your account at {product} was deleted",
             .opening = "Your account at {product} was deleted, with everything that belonged to "
                        "it.",
             .detail = kFrom,
             .closing = "If this was not you, contact those who run {product}."},
    Template{.kind = MailKind::account_exists,
             .subject = "You already have an account at {product}",
             .opening = "Someone, hopefully you, tried to use {to} as the address of another "
                        "account at {product}. There is already an account with this address: "
                        "sign in to it, or ask for a new password if you have forgotten yours.",
             .detail = kFrom,
             .closing = "If this was not you, you can ignore this email: your account has not "
                        "changed."},
    Template{.kind = MailKind::test,
             .subject = "Test mail from {product}",
             .opening = "This is a test: {product} can send email. There is nothing to do."},
};

// What MailKind::factors_changed and no_new_password tell, by the word that auth/ writes.
constexpr std::array<std::pair<std::string_view, const char*>, 11> kDetails = {{
    {"added", "An authenticator app was added as a second factor."},
    {"removed", "The authenticator app is no longer a second factor."},
    {"reset", "All second factors were removed by those who run the service."},
    {"proved",
     "All second factors that were set up before you confirmed this address were removed: someone "
     "else may have set them up."},
    {"passkey added", "A passkey was added. It can be used to sign in."},
    {"passkey removed", "A passkey was removed."},
    {"copied",
     "A passkey of your account signed in with an old counter, so it may have been copied. The "
     "sign-in was refused: remove that passkey, and make a new one."},
    {"recovery", "New recovery codes were created; the old ones no longer work."},
    {"recovery used", "A recovery code was used to make a new passkey."},
    {"by code",
     "If you have lost your passkeys, use one of your recovery codes: on the sign-in page, follow "
     "\"Forgot your password?\", and then \"Use a recovery code\"."},
    {"by admin",
     "If you have lost your passkeys, ask those who run the service for a link that makes a new "
     "one."},
}};

std::string_view spoken_detail(const tables::Mail& mail) {
  const bool is_word =
      mail.kind == MailKind::factors_changed || mail.kind == MailKind::no_new_password;
  if (!is_word) return mail.detail;
  for (const auto& [word, sentence] : kDetails) {
    if (mail.detail == word) return sentence;
  }
  return mail.detail;
}

const Template* find_template(MailKind kind) {
  for (const Template& one : kTemplates) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

Milliseconds lifetime_of(const Template& one, std::string_view client) {
  if (one.kind == MailKind::verify_email) return config::profile_of(client).verify_link_life;
  const bool is_reset = one.kind == MailKind::reset_password || one.kind == MailKind::new_passkey;
  if (is_reset) return config::profile_of(client).reset_link_life;
  return one.lifetime;
}

std::string link_of(const Template& one, const tables::Mail& mail, std::string_view token,
                    const config::Config& config) {
  const std::string_view path = config::profile_of(mail.client).verify_path;
  if (one.kind == MailKind::verify_email && !path.empty()) {
    return config.public_url + std::string(path) + percent_encode(token);
  }
  return config.public_url + one.path + "?token=" + percent_encode(token);
}

// "24 hours", "30 minutes".
std::string spoken(Milliseconds lifetime) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(lifetime).count();
  if (minutes % 60 != 0) return std::to_string(minutes) + " minutes";
  return std::to_string(minutes / 60) + (minutes == 60 ? " hour" : " hours");
}

// Values on one line, so they cannot look like one of our paragraphs.
std::string one_line(std::string_view text) {
  std::string line(is_valid_utf8(text) ? text : "");
  for (char& c : line) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

std::string spoken_account(const tables::Mail& mail) {
  return mail.account.empty() ? "your account" : "the account \"" + one_line(mail.account) + "\"";
}

// The person who signs up chooses both the name and the address of the mail. A name that a mail
// program could show as a link would turn our greeting into a stranger's advertisement.
std::string greeting_name(std::string_view name) {
  constexpr size_t kMaxCodePoints = 64;
  std::string line = one_line(name);
  if (count_code_points(line) > kMaxCodePoints) return "";
  if (line.find_first_of("/:@\\<>") != std::string::npos) return "";
  for (size_t dot = line.find('.'); dot != std::string::npos; dot = line.find('.', dot + 1)) {
    if (dot + 1 < line.size() && line[dot + 1] != ' ') return "";
  }
  return line.find_first_not_of(' ') == std::string::npos ? "" : line;
}

// The values of the placeholders of one mail.
class Values {
 public:
  Values(const Template& one, const tables::Mail& mail, const config::Config& config)
      : values_{{{"{product}", one_line(config.branding.name)},
                 {"{to}", one_line(mail.to)},
                 {"{account}", spoken_account(mail)},
                 {"{detail}", one_line(spoken_detail(mail))},
                 {"{lifetime}", spoken(lifetime_of(one, mail.client))}}} {}

  // In one pass: a value that looks like a placeholder is left unchanged.
  std::string fill(std::string_view pattern) const {
    std::string out;
    while (!pattern.empty()) {
      bool is_found = false;
      for (const auto& [name, value] : values_) {
        if (!pattern.starts_with(name)) continue;
        out += value;
        pattern.remove_prefix(name.size());
        is_found = true;
        break;
      }
      if (is_found) continue;
      out += pattern.front();
      pattern.remove_prefix(1);
    }
    return out;
  }

 private:
  std::array<std::pair<std::string_view, std::string>, 5> values_;
};

struct Parts {
  std::string greeting;
  std::vector<std::string> before;  // the link or code
  std::vector<std::string> after;
};

Parts make_parts(const Template& one, const tables::Mail& mail, const Values& values) {
  const std::string name = greeting_name(mail.name);
  Parts parts{name.empty() ? "Hello," : "Hello " + name + ",", {values.fill(one.opening)}, {}};
  if (one.carries == Carries::link) {
    parts.after.push_back(values.fill("The link works once, and expires after {lifetime}."));
  }
  if (one.carries == Carries::code) {
    parts.after.push_back(values.fill("The code works once, and expires after {lifetime}."));
  }
  const char* detail = mail.detail.empty() ? one.without_detail : one.detail;
  if (*detail != '\0') parts.after.push_back(values.fill(detail));
  if (*one.closing != '\0') parts.after.push_back(values.fill(one.closing));
  return parts;
}

std::string make_text(const Parts& parts, const std::string& action, const std::string& footer) {
  std::string text = parts.greeting + "\n\n";
  for (const std::string& paragraph : parts.before)
    text += paragraph + "\n\n";
  if (!action.empty()) text += "    " + action + "\n\n";
  for (const std::string& paragraph : parts.after)
    text += paragraph + "\n\n";
  return text + "-- \n" + footer + "\n";
}

std::string make_html(const Template& one, const Parts& parts, const std::string& subject,
                      const std::string& action, const std::string& footer) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      html_escaped(subject) +
      "</title>\n</head>\n"
      "<body style=\"margin:0;padding:24px;background:#ffffff;color:#1a1a1a;"
      "font:16px/1.5 system-ui,sans-serif\">\n<main style=\"max-width:36em;margin:0 auto\">\n";
  const auto add = [&](const std::string& paragraph) {
    html += "<p>" + html_escaped(paragraph) + "</p>\n";
  };
  add(parts.greeting);
  for (const std::string& paragraph : parts.before)
    add(paragraph);
  if (one.carries == Carries::link) {
    const std::string link = html_escaped(action);
    html += "<p><a href=\"" + link +
            "\" style=\"display:inline-block;padding:10px 20px;border-radius:6px;"
            "background:#1a4fa3;color:#ffffff;text-decoration:none\">" +
            one.label + "</a></p>\n<p>Or open this address:<br>\n<a href=\"" + link +
            "\" style=\"color:#1a4fa3;word-break:break-all\">" + link + "</a></p>\n";
  }
  if (one.carries == Carries::code) {
    html += "<p style=\"font:bold 28px/1.5 ui-monospace,monospace;letter-spacing:4px\">" +
            html_escaped(action) + "</p>\n";
  }
  for (const std::string& paragraph : parts.after)
    add(paragraph);
  return html + "<p style=\"color:#595959;font-size:14px\">" + html_escaped(footer) +
         "</p>\n</main>\n</body>\n</html>\n";
}

}  // namespace

bool carries_secret(MailKind kind) {
  const Template* one = find_template(kind);
  return one != nullptr && one->carries != Carries::nothing;
}

std::optional<Texts> make_texts(const tables::Mail& mail, std::string_view secret,
                                const config::Config& config) {
  const Template* one = find_template(mail.kind);
  if (one == nullptr) return std::nullopt;
  Texts texts;
  if (one->carries != Carries::nothing) {
    if (secret.empty()) return std::nullopt;
    texts.action =
        one->carries == Carries::code ? one_line(secret) : link_of(*one, mail, secret, config);
  }
  const Values values(*one, mail, config);
  const std::string footer = values.fill("{product}, ") + config.public_url;
  const Parts parts = make_parts(*one, mail, values);
  texts.subject = values.fill(one->subject);
  texts.text = make_text(parts, texts.action, footer);
  texts.html = make_html(*one, parts, texts.subject, texts.action, footer);
  return texts;
}

}  // namespace authd::mail
