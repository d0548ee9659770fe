#include "mail/templates.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/encoding.h"
#include "base/text.h"
#include "config/client_profile.h"
#include "config/languages.h"
#include "tables/mail_detail.h"
#include "tables/mail_queue.h"
#include "web/brand.h"
#include "web/colour.h"

namespace authd::mail {
namespace {

using tables::MailKind;
using Places = std::vector<std::pair<std::string_view, std::string>>;

// A page is an address without a secret.
enum class Carries { nothing, page, link, code };

constexpr bool has_address(Carries carries) {
  return carries == Carries::page || carries == Carries::link;
}
constexpr bool has_secret(Carries carries) {
  return carries == Carries::link || carries == Carries::code;
}

// What one kind consists of. Its texts are those of the catalogues below its name
// (tables::mail_kind_name): subject, opening, closing, button for a link. Where several kinds say
// the same, the key of that text is here.
struct Template {
  MailKind kind;
  Carries carries = Carries::nothing;
  const char* path = "";  // of the link or page, below server.public_url
  Milliseconds lifetime{};
  const char* detail = "";   // the key of the paragraph for the mail's detail, an {address}
  const char* without = "";  // in place of that paragraph
  const char* closing = "";  // instead of the kind's own; "-": none
  bool tells_words = false;  // its detail is sentences (tables::Told)
  bool tells_end = false;    // with a detail: says when retention deletes the account
};

constexpr const char* kFrom = "told.from";
constexpr const char* kAct = "act";
constexpr const char* kNone = "-";

constexpr std::array kTemplates = {
    Template{.kind = MailKind::verify_email,
             .carries = Carries::link,
             .path = "/verify-email",
             .lifetime = config::kVerifyLinkLifetime,
             .detail = kFrom},
    Template{.kind = MailKind::reset_password,
             .carries = Carries::link,
             .path = "/reset-password",
             .lifetime = config::kResetLinkLifetime,
             .detail = kFrom},
    Template{.kind = MailKind::new_passkey,
             .carries = Carries::link,
             .path = "/reset-password",
             .lifetime = config::kResetLinkLifetime,
             .detail = kFrom},
    Template{.kind = MailKind::no_new_password, .tells_words = true},
    Template{.kind = MailKind::invitation, .carries = Carries::link, .path = "/invite"},
    Template{.kind = MailKind::magic_link,
             .carries = Carries::link,
             .path = "/magic-link",
             .lifetime = config::kMagicLinkLifetime,
             .detail = kFrom},
    Template{.kind = MailKind::login_code,
             .carries = Carries::code,
             .lifetime = config::kLoginCodeLifetime,
             .detail = kFrom},
    Template{.kind = MailKind::confirm_new_email,
             .carries = Carries::link,
             .path = "/confirm-email",
             .lifetime = config::kVerifyLinkLifetime,
             .detail = kFrom},
    Template{.kind = MailKind::email_change_asked,
             .carries = Carries::link,
             .path = "/stop-email-change",
             .lifetime = config::kVerifyLinkLifetime,
             .detail = "email_change_asked.detail"},
    Template{.kind = MailKind::email_changed,
             .detail = "email_changed.detail",
             .without = "email_changed.without"},
    Template{.kind = MailKind::password_changed, .detail = "told.change_from", .closing = kAct},
    Template{.kind = MailKind::factors_changed, .closing = kAct, .tells_words = true},
    Template{.kind = MailKind::new_device, .closing = kAct, .tells_words = true},
    Template{.kind = MailKind::logins_limited, .detail = "last_attempt_from"},
    Template{.kind = MailKind::wrong_factors, .detail = "last_attempt_from"},
    Template{.kind = MailKind::made_administrator},
    Template{.kind = MailKind::webhook_disabled, .detail = "webhook_disabled.detail"},
    Template{.kind = MailKind::unused_account,
             .carries = Carries::page,
             .path = "/signin",
             .tells_end = true},
    Template{
        .kind = MailKind::account_disabled, .detail = "account_disabled.detail", .tells_end = true},
    Template{.kind = MailKind::account_deleted, .detail = kFrom},
    Template{.kind = MailKind::account_exists, .detail = kFrom},
    Template{.kind = MailKind::test, .closing = kNone},
};

const Template* find_template(MailKind kind) {
  for (const Template& one : kTemplates) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

// An invitation's life is in its detail, in minutes.
Milliseconds lifetime_of(const Template& one, const tables::Mail& mail) {
  if (one.kind == MailKind::invitation) {
    return std::chrono::minutes(parse_unsigned(mail.detail).value_or(0));
  }
  const std::string& client = mail.client;
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

// How long the link or code works: whole hours, else minutes.
std::string spoken_lifetime(const web::Catalogue& words, const Template& one,
                            const tables::Mail& mail) {
  const auto minutes = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::minutes>(lifetime_of(one, mail)).count());
  if (one.carries == Carries::code) return words.counted("code.minutes", minutes);
  return minutes % 60 == 0 ? words.counted("link.hours", minutes / 60)
                           : words.counted("link.minutes", minutes);
}

// Values on one line, so they cannot look like one of our paragraphs.
std::string one_line(std::string_view text) {
  std::string line(is_valid_utf8(text) ? text : "");
  for (char& c : line) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
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

// One sentence of a detail, by its word. Older releases and the outbox of one have whole sentences
// in English there, which are shown as they are.
std::string spoken_sentence(const web::Catalogue& words, const tables::Sentence& sentence) {
  std::string key = "told." + sentence.word;
  std::replace(key.begin(), key.end(), ' ', '_');
  Places values;
  uint64_t count = 0;
  for (const auto& [name, value] : sentence.values) {
    values.emplace_back(name, one_line(value));
    if (name == "count") count = parse_unsigned(value).value_or(0);
  }
  if (words.has(key)) return words.text({key, values});
  if (words.has(key + ".other")) return words.counted(key, count);
  return one_line(sentence.word);
}

// What is said below the link or code about the mail's detail, a paragraph each.
std::vector<std::string> spoken_detail(const web::Catalogue& words, const Template& one,
                                       const tables::Mail& mail, const Places& places,
                                       Milliseconds delete_after) {
  std::vector<std::string> said;
  if (one.tells_words) {
    for (const tables::Sentence& sentence : tables::sentences_of(mail.detail))
      said.push_back(spoken_sentence(words, sentence));
    return said;
  }
  const char* key = mail.detail.empty() ? one.without : one.detail;
  if (*key != '\0') said.push_back(words.text({key, places}));
  if (one.tells_end && !mail.detail.empty() && delete_after > Milliseconds(0)) {
    const auto days = std::chrono::ceil<std::chrono::days>(delete_after).count();
    said.push_back(words.counted("deleted_later", static_cast<uint64_t>(days)));
  }
  return said;
}

struct Parts {
  std::string greeting;
  std::vector<std::string> before;  // the link or code
  std::vector<std::string> after;
  std::string button;
  std::string open_instead;
};

Parts make_parts(const web::Catalogue& words, const Template& one, const tables::Mail& mail,
                 const Places& places, Milliseconds delete_after) {
  const std::string kind(tables::mail_kind_name(mail.kind));
  const auto say = [&](const std::string& key) { return words.text({key, places}); };
  Parts parts;
  const std::string name = greeting_name(mail.name);
  parts.greeting =
      name.empty() ? words.text("greeting") : words.text({"greeting.name", {{"name", name}}});
  // Mails that an older release wrote do not name the account.
  const bool is_unnamed = mail.account.empty() && words.has(kind + ".unnamed");
  parts.before.push_back(say(kind + (is_unnamed ? ".unnamed" : ".opening")));
  if (has_address(one.carries)) {
    parts.button = say(kind + ".button");
    parts.open_instead = words.text("open_instead");
  }
  if (has_secret(one.carries)) {
    parts.after.push_back(spoken_lifetime(words, one, mail));
  }
  for (std::string& paragraph : spoken_detail(words, one, mail, places, delete_after))
    parts.after.push_back(std::move(paragraph));
  const std::string_view closing = one.closing;
  if (closing != kNone) {
    parts.after.push_back(say(closing.empty() ? kind + ".closing" : std::string(closing)));
  }
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

// The brand's colour for button and letter, and for the link on white, where it is made legible as
// on the pages (web/site.cpp).
struct Colours {
  std::string button;
  std::string button_text;
  std::string link;
};

Colours colours_of(const config::Config& config) {
  constexpr web::Colour kWhite{255, 255, 255};
  constexpr web::Colour kOwn{0x3d, 0x5a, 0xf1};
  const web::Colour accent = web::parse_colour(config.branding.accent).value_or(kOwn);
  return {web::format_colour(accent), web::format_colour(web::text_on(accent)),
          web::format_colour(web::readable_on(accent, kWhite, 5.2))};
}

// The logo, else a letter in its place, and the name, as at the top of the pages. Some mail
// programs know only the attribute of a picture for its height, others only the style.
std::string brand_html(const std::string& product, std::string_view logo, const Colours& colours) {
  std::string mark;
  if (logo.empty()) {
    mark =
        "<span aria-hidden=\"true\" style=\"display:inline-block;width:32px;height:32px;"
        "border-radius:9px;text-align:center;line-height:32px;background:" +
        colours.button + ";color:" + colours.button_text + "\">" +
        html_escaped(web::first_letter(product)) + "</span>";
  } else {
    mark =
        "<img alt=\"\" height=\"32\" style=\"height:32px;max-width:160px;object-fit:contain;"
        "vertical-align:middle\" src=\"" +
        html_escaped(logo) + "\">";
  }
  return "<p style=\"font-weight:bold\">" + mark + "&nbsp; " + html_escaped(product) + "</p>\n";
}

// What the paragraphs stand in.
struct Frame {
  std::string head;  // HTML
  std::string footer;
  Colours colours;
};

std::string link_html(const Parts& parts, const std::string& action, const Colours& colours) {
  const std::string link = html_escaped(action);
  return "<p><a href=\"" + link +
         "\" style=\"display:inline-block;padding:10px 20px;border-radius:6px;background:" +
         colours.button + ";color:" + colours.button_text + ";text-decoration:none\">" +
         html_escaped(parts.button) + "</a></p>\n<p>" + html_escaped(parts.open_instead) +
         "<br>\n<a href=\"" + link + "\" style=\"color:" + colours.link +
         ";word-break:break-all\" dir=\"ltr\">" + link + "</a></p>\n";
}

std::string make_html(const web::Catalogue& words, const Template& one, const Parts& parts,
                      const Texts& texts, const Frame& frame) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"" + words.tag() + "\" dir=\"" +
      std::string(config::direction_of(words.tag())) +
      "\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      html_escaped(texts.subject) +
      "</title>\n</head>\n"
      "<body style=\"margin:0;padding:24px;background:#ffffff;color:#1a1a1a;"
      "font:16px/1.5 system-ui,sans-serif\">\n<main style=\"max-width:36em;margin:0 auto\">\n";
  const auto add = [&](const std::string& paragraph) {
    html += "<p>" + html_escaped(paragraph) + "</p>\n";
  };
  html += frame.head;
  add(parts.greeting);
  for (const std::string& paragraph : parts.before)
    add(paragraph);
  if (has_address(one.carries)) html += link_html(parts, texts.action, frame.colours);
  if (one.carries == Carries::code) {
    html +=
        "<p dir=\"ltr\" style=\"font:bold 28px/1.5 ui-monospace,monospace;"
        "letter-spacing:4px\">" +
        html_escaped(texts.action) + "</p>\n";
  }
  for (const std::string& paragraph : parts.after)
    add(paragraph);
  return html + "<p style=\"color:#595959;font-size:14px\">" + html_escaped(frame.footer) +
         "</p>\n</main>\n</body>\n</html>\n";
}

}  // namespace

std::vector<MailKind> mail_kinds() {
  std::vector<MailKind> kinds;
  for (const Template& one : kTemplates)
    kinds.push_back(one.kind);
  return kinds;
}

bool carries_secret(MailKind kind) {
  const Template* one = find_template(kind);
  return one != nullptr && has_secret(one->carries);
}

std::optional<Texts> make_texts(const tables::Mail& mail, std::string_view secret,
                                const config::Config& config, const web::Catalogues& catalogues,
                                std::string_view logo) {
  const Template* one = find_template(mail.kind);
  if (one == nullptr) return std::nullopt;
  Texts texts;
  if (one->carries == Carries::page) texts.action = config.public_url + one->path;
  if (has_secret(one->carries)) {
    if (secret.empty()) return std::nullopt;
    texts.action =
        one->carries == Carries::code ? one_line(secret) : link_of(*one, mail, secret, config);
  }
  const bool has_locale = catalogues.has(mail.locale);
  const web::Catalogue& words = catalogues.of(has_locale ? mail.locale : config.branding.language);
  const std::string product = one_line(config.branding.name);
  const Places places = {{"product", product},
                         {"to", one_line(mail.to)},
                         {"account", one_line(mail.account)},
                         {"address", one_line(mail.detail)},
                         {"day", one_line(mail.detail)}};
  const std::string footer = product + ", " + config.public_url;
  const Parts parts = make_parts(words, *one, mail, places, config.retention.delete_after);
  const std::string subject = std::string(tables::mail_kind_name(mail.kind)) + ".subject";
  texts.subject = words.text({subject, places});
  texts.text = make_text(parts, texts.action, footer);
  const Colours colours = colours_of(config);
  const Frame frame{brand_html(product, logo, colours), footer, colours};
  texts.html = make_html(words, *one, parts, texts, frame);
  return texts;
}

}  // namespace authd::mail
