#include "web/plain_page.h"

#include "base/text.h"
#include "web/template.h"

namespace authd::web {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + html_escaped(value) + "\"";
}

std::string label_of(std::string_view language, std::string_view key) {
  return html_escaped(text_of(language, key));
}

std::string element(std::string_view tag, std::string_view kind, std::string_view text) {
  return "<" + std::string(tag) + attribute("class", kind) + ">" + html_escaped(text) + "</" +
         std::string(tag) + ">\n";
}

std::string field_of(std::string_view language, const PlainPage::Field& field) {
  return "<div class=\"field\"><label" + attribute("for", field.name) + ">" +
         label_of(language, field.label) + "</label><input required" + attribute("id", field.name) +
         attribute("name", field.name) + attribute("type", field.type) +
         attribute("autocomplete", field.autocomplete) + attribute("value", field.value) +
         "></div>\n";
}

std::string button_of(std::string_view language, const PlainPage::Button& button, bool is_first) {
  std::string html = "<button" + (is_first ? attribute("class", "primary") : std::string());
  if (!button.name.empty()) {
    html += attribute("name", button.name) + attribute("value", button.value);
  }
  return html + ">" + label_of(language, button.label) + "</button>\n";
}

std::string form_of(std::string_view language, const PlainPage::Form& form) {
  std::string html = "<form method=\"post\"" + attribute("action", form.address) + ">\n";
  for (const auto& [name, value] : form.hidden) {
    html += "<input type=\"hidden\"" + attribute("name", name) + attribute("value", value) + ">\n";
  }
  for (const PlainPage::Field& field : form.fields)
    html += field_of(language, field);
  html += "<p class=\"actions\">";
  for (const PlainPage::Button& button : form.buttons)
    html += button_of(language, button, &button == &form.buttons.front());
  html += "</p>\n</form>\n";
  return html + (form.sends_itself ? "<script src=\"/ui/send.js\"></script>\n" : "");
}

std::string links_of(std::string_view language, const PlainPage& page) {
  std::string html = "<p class=\"actions\">";
  for (const PlainPage::Link& link : page.links) {
    const bool is_first = &link == &page.links.front() && !page.form;
    html += "<a" + attribute("class", is_first ? "button primary" : "button") +
            attribute("href", link.address) + ">" + label_of(language, link.label) + "</a>\n";
  }
  return html + "</p>\n";
}

std::string items_of(std::string_view language, const std::vector<std::string>& items) {
  std::string html = "<ul>\n";
  for (const std::string& item : items)
    html += "<li>" + (has_text(language, item) ? label_of(language, item) : html_escaped(item)) +
            "</li>\n";
  return html + "</ul>\n";
}

}  // namespace

std::string plain_body(std::string_view language, const PlainPage& page) {
  std::string html;
  if (!page.picture.empty()) {
    html += "<img class=\"app-logo\" width=\"56\" height=\"56\" alt=\"\"" +
            attribute("src", page.picture) + ">\n";
  }
  html += "<h1>" + html_escaped(text_of(language, page.title)) + "</h1>\n";
  if (!page.problem.empty()) html += element("p", "message bad", page.problem);
  if (!page.message.empty()) html += element("p", "lead", page.message);
  if (!page.items.empty()) html += items_of(language, page.items);
  if (!page.for_administrators.empty()) {
    html += "<details>\n<summary>" + label_of(language, "plain.for_administrators") +
            "</summary>\n" + element("p", "hint", page.for_administrators) + "</details>\n";
  }
  if (page.form) html += form_of(language, *page.form);
  if (!page.links.empty()) html += links_of(language, page);
  return html;
}

}  // namespace authd::web
