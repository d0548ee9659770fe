// The mails: which kind has which parts, and their texts in the recipient's language, which are in
// the catalogues src/mail/texts/TAG.json (web/catalogue.h). Each is generated from one list of
// paragraphs, as plain text and as HTML without external content (no script, no style sheet, and no
// image but the logo, which the mail carries).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "tables/rows/rows.h"
#include "web/catalogue.h"

namespace authd::mail {

struct Texts {
  std::string subject;
  std::string text;
  std::string html;
  // The link, the page or the code in them, for the log transport; empty if there is none. A
  // secret, except for a page.
  std::string action;
};

// The kinds that have texts.
std::vector<tables::MailKind> mail_kinds();

// True if a mail of this kind carries a token or a code.
bool carries_secret(tables::MailKind kind);

// The texts of a mail, with its unsealed secret, in the language of Mail::locale, else that of
// branding.language, else English: the first that has a catalogue. nullopt for MailKind::nobody,
// for a kind that this release does not know, and if the secret that the kind needs is missing.
// `logo` is the address of the picture at the head of the HTML; empty: the first letter of the
// name.
std::optional<Texts> make_texts(const tables::Mail& mail, std::string_view secret,
                                const config::Config& config,
                                const web::Catalogues& catalogues = web::mail_texts(),
                                std::string_view logo = "");

}  // namespace authd::mail
