#include "web/plain_page.h"

#include "base/text.h"

namespace authd::web {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + html_escaped(value) + "\"";
}

std::string label_of(const Catalogue& words, std::string_view key) {
  return html_escaped(words.text(key));
}

std::string spoken(const Catalogue& words, const PlainPage::Said& said) {
  if (said.code.empty()) return said.text;
  const std::string key = "error." + said.code;
  for (const std::string& one : {key + "." + said.reason, key + "." + said.field, key}) {
    if (said.limit > 0 && words.has(one + ".other")) return words.counted(one, said.limit);
    if (words.has(one)) return words.text(one);
  }
  return said.text;
}

std::string element(std::string_view tag, std::string_view kind, std::string_view text) {
  return "<" + std::string(tag) + attribute("class", kind) + ">" + html_escaped(text) + "</" +
         std::string(tag) + ">\n";
}

std::string field_of(const Catalogue& words, const PlainPage::Field& field) {
  return "<div class=\"field\"><label" + attribute("for", field.name) + ">" +
         label_of(words, field.label) + "</label><input required" + attribute("id", field.name) +
         attribute("name", field.name) + attribute("type", field.type) +
         attribute("autocomplete", field.autocomplete) + attribute("value", field.value) +
         "></div>\n";
}

std::string button_of(const Catalogue& words, const PlainPage::Button& button, bool is_first) {
  std::string html = "<button" + (is_first ? attribute("class", "primary") : std::string());
  if (!button.name.empty()) {
    html += attribute("name", button.name) + attribute("value", button.value);
  }
  return html + ">" + label_of(words, button.label) + "</button>\n";
}

std::string form_of(const Catalogue& words, const PlainPage::Form& form) {
  std::string html = "<form method=\"post\"" + attribute("action", form.address) + ">\n";
  for (const auto& [name, value] : form.hidden) {
    html += "<input type=\"hidden\"" + attribute("name", name) + attribute("value", value) + ">\n";
  }
  for (const PlainPage::Field& field : form.fields)
    html += field_of(words, field);
  html += "<p class=\"actions\">";
  for (const PlainPage::Button& button : form.buttons)
    html += button_of(words, button, &button == &form.buttons.front());
  html += "</p>\n</form>\n";
  return html + (form.sends_itself ? "<script src=\"/ui/send.js\"></script>\n" : "");
}

std::string links_of(const Catalogue& words, const PlainPage& page) {
  std::string html = "<p class=\"actions\">";
  for (const PlainPage::Link& link : page.links) {
    const bool is_first = &link == &page.links.front() && !page.form;
    html += "<a" + attribute("class", is_first ? "button primary" : "button") +
            attribute("href", link.address) + ">" + label_of(words, link.label) + "</a>\n";
  }
  return html + "</p>\n";
}

std::string items_of(const Catalogue& words, const std::vector<std::string>& items) {
  std::string html = "<ul>\n";
  for (const std::string& item : items)
    html += "<li>" + (words.has(item) ? label_of(words, item) : html_escaped(item)) + "</li>\n";
  return html + "</ul>\n";
}

}  // namespace

PlainPage::Said said(const Error& error) {
  const std::string name(error.name.empty() ? default_name(error.code) : error.name);
  return {error.message, name, error.field, error.reason, error.limit};
}

std::string plain_body(const Catalogue& words, const PlainPage& page) {
  std::string html;
  if (!page.picture.empty()) {
    html += "<img class=\"app-logo\" width=\"56\" height=\"56\" alt=\"\"" +
            attribute("src", page.picture) + ">\n";
  }
  html += "<h1>" + html_escaped(words.text(page.title)) + "</h1>\n";
  const std::string problem = spoken(words, page.problem);
  const std::string message = spoken(words, page.message);
  if (!problem.empty()) html += element("p", "message bad", problem);
  if (!message.empty()) html += element("p", "lead", message);
  if (page.warning) html += element("p", "message info", words.text(*page.warning));
  for (const Text& paragraph : page.paragraphs)
    html += "<p>" + html_escaped(words.text(paragraph)) + "</p>\n";
  if (!page.items.empty()) html += items_of(words, page.items);
  if (!page.for_administrators.empty()) {
    html += "<details>\n<summary>" + label_of(words, "plain.for_administrators") + "</summary>\n" +
            element("p", "hint", page.for_administrators) + "</details>\n";
  }
  if (page.form) html += form_of(words, *page.form);
  if (!page.links.empty()) html += links_of(words, page);
  return html;
}

}  // namespace authd::web
