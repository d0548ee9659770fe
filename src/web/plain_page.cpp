#include "web/plain_page.h"

#include "base/text.h"
#include "web/template.h"

namespace authd::web {
namespace {

std::string paragraph(std::string_view kind, std::string_view text) {
  return "<p class=\"" + std::string(kind) + "\">" + html_escaped(text) + "</p>\n";
}

std::string form_of(std::string_view language, const PlainPage::Form& form) {
  std::string html = "<form method=\"post\" action=\"" + html_escaped(form.address) + "\">\n";
  for (const auto& [name, value] : form.fields) {
    html += "<input type=\"hidden\" name=\"" + html_escaped(name) + "\" value=\"" +
            html_escaped(value) + "\">\n";
  }
  return html + "<p class=\"actions\"><button class=\"primary\">" +
         html_escaped(text_of(language, "plain.go_on")) +
         "</button></p>\n</form>\n<script src=\"/ui/send.js\"></script>\n";
}

}  // namespace

std::string plain_body(std::string_view language, const PlainPage& page) {
  std::string html;
  if (!page.message.empty()) html += paragraph("lead", page.message);
  if (!page.for_administrators.empty()) {
    html += "<details>\n<summary>" + html_escaped(text_of(language, "plain.for_administrators")) +
            "</summary>\n" + paragraph("hint", page.for_administrators) + "</details>\n";
  }
  if (page.form) html += form_of(language, *page.form);
  if (page.links.empty()) return html;
  html += "<p class=\"actions\">";
  for (const PlainPage::Link& link : page.links) {
    const bool is_first = &link == &page.links.front();
    html += "<a class=\"button" + std::string(is_first ? " primary" : "") + "\" href=\"" +
            html_escaped(link.address) + "\">" + html_escaped(text_of(language, link.label)) +
            "</a>\n";
  }
  return html + "</p>\n";
}

}  // namespace authd::web
