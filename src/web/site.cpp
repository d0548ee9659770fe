#include "web/site.h"

#include <algorithm>

#include "base/check.h"
#include "base/cookie.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "config/languages.h"
#include "web/brand.h"
#include "web/colour.h"
#include "web/template.h"

namespace authd::web {
namespace {

constexpr std::string_view kHtml = "text/html; charset=utf-8";

constexpr std::array<std::string_view, 3> kThemes = {"auto", "light", "dark"};
constexpr std::string_view kPreferences = "authd_ui";  // _core/preferences.js writes it
// As kPagePolicy, for pages with a form whose answer leads on to an application: browsers apply
// form-action to the redirects that follow, too.
constexpr std::string_view kFormPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";
constexpr std::string_view kPicturePolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";
constexpr size_t kMaxReturnQuery = 6200;  // bytes; kMaxLocalPath of auth/core

// The values of --page and --panel in style.css.
constexpr Colour kLight{255, 255, 255};
constexpr Colour kDark{23, 27, 36};

// JSON inside <script type="application/json">, where "</script" would end it and "<!--" would hide
// the end.
std::string inside_script(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

// The tab's icon as a data URL, so that it needs no request.
std::string icon_of(const Branding& branding, Colour accent) {
  const std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" "
      "height=\"32\" rx=\"9\" fill=\"" +
      format_colour(accent) +
      "\"/><text x=\"16\" y=\"22.5\" text-anchor=\"middle\" font-family=\"system-ui,sans-serif\" "
      "font-size=\"19\" font-weight=\"700\" fill=\"" +
      format_colour(text_on(accent)) + "\">" + html_escaped(first_letter(branding.name)) +
      "</text></svg>";
  return "data:image/svg+xml," + percent_encode(svg);
}

// The variables of the brand, for both themes.
std::string brand_rules(Colour accent) {
  const auto set = [](std::string_view name, Colour colour) {
    return "--" + std::string(name) + ":" + format_colour(colour) + ";";
  };
  const Colour night = readable_on(accent, kDark, 3);
  return ":root{" + set("brand", accent) + set("brand-text", text_on(accent)) +
         set("brand-link", readable_on(accent, kLight, 5.2)) + set("night-brand", night) +
         set("night-brand-text", text_on(night)) +
         set("night-brand-link", readable_on(accent, kDark, 6)) + "}\n";
}

// A document for one person: nobody keeps it. A form for this server says where it comes from,
// which browsers leave out ("Origin: null") with the policy of the other pages.
http::Reply for_one(http::Reply reply, const PlainPage& page) {
  std::erase_if(reply.headers, [](const auto& header) {
    return header.first == "Cache-Control" || header.first == "ETag";
  });
  reply.with("Cache-Control", "no-store");
  if (page.form && page.form->address.starts_with('/'))
    reply.with("Referrer-Policy", "same-origin");
  return reply;
}

// What stands in the page until its script draws it.
std::string main_of(const Catalogue& words, const PlainPage* plain) {
  if (plain != nullptr) {
    return "<section class=\"card\">\n" + plain_body(words, *plain) + "</section>";
  }
  return "<noscript><p class=\"noscript\">" + html_escaped(words.text("noscript")) +
         "</p></noscript>";
}

// The value of `key` in "theme:dark_lang:de" if it is a known one.
std::string_view preference(std::string_view cookie, std::string_view key,
                            std::span<const std::string_view> known) {
  while (!cookie.empty()) {
    const size_t end = std::min(cookie.find('_'), cookie.size());
    const std::string_view pair = cookie.substr(0, end);
    cookie.remove_prefix(std::min(end + 1, cookie.size()));
    const size_t colon = pair.find(':');
    if (colon == std::string_view::npos || pair.substr(0, colon) != key) continue;
    for (const std::string_view one : known) {
      if (one == pair.substr(colon + 1)) return one;
    }
  }
  return "";
}

// The first of the tags with spaces between ("fr-CA de en") that is one of those that are there;
// empty: none.
std::string_view first_known(std::string_view tags, const Catalogues& texts) {
  constexpr size_t kMost = 16;
  for (size_t i = 0; i < kMost && !tags.empty(); ++i) {
    const size_t end = std::min(tags.find(' '), tags.size());
    const std::string_view language = config::match_language(tags.substr(0, end));
    tags.remove_prefix(std::min(end + 1, tags.size()));
    if (texts.has(language)) return language;
  }
  return "";
}

std::string_view preferences_of(const http::Request& request) {
  const auto values = cookie_values(request.header("cookie").value_or(""), kPreferences);
  return values.empty() ? "" : values.front();
}

}  // namespace

std::vector<std::string> page_paths() {
  const Asset* list = find_asset("/ui/pages.json");
  CHECK(list != nullptr);
  const Result<JsonObject> parsed = JsonObject::parse(contents(*list));
  CHECK(parsed);
  const auto pages = parsed->optional_objects("pages");
  CHECK(pages && *pages);
  std::vector<std::string> paths;
  for (const JsonObject& page : **pages) {
    const Result<std::string> path = page.string("path");
    const auto also = page.optional_strings("also");
    CHECK(path && also);
    paths.push_back(*path);
    if (*also) paths.insert(paths.end(), (*also)->begin(), (*also)->end());
  }
  return paths;
}

Result<Site> Site::make(Branding branding, Facts facts, const Catalogues& texts) {
  Site site;
  const std::optional<Colour> accent = parse_colour(branding.accent);
  if (!accent) return Error{ErrorCode::invalid, "branding.accent is a colour such as #1a4fa3"};
  if (!branding.logo.empty()) {
    const std::string_view type = image_type(branding.logo);
    if (type.empty()) {
      return Error{ErrorCode::invalid,
                   "branding.logo_file is not an image: SVG, PNG, JPEG or WebP"};
    }
    // An SVG opened directly is a document of our origin: it may do nothing.
    site.logo_ =
        make_document(std::string(type), "default-src 'none'; style-src 'unsafe-inline'; sandbox",
                      std::move(branding.logo));
  }
  if (!texts.has(branding.language)) branding.language = config::kFirstLanguage;
  for (Facts::Provider& provider : facts.providers) {
    if (provider.logo.empty()) continue;
    Document document =
        make_document("image/jpeg", std::string(kPicturePolicy), std::move(provider.logo));
    site.provider_logos_.emplace_back(provider.name, std::move(document));
    provider.logo.clear();
  }
  site.branding_ = std::move(branding);
  site.facts_ = std::move(facts);
  site.template_ = shell("page.html");
  site.style_ = make_document("text/css; charset=utf-8", std::string(kPagePolicy),
                              brand_rules(*accent) + shell("style.css"));
  site.spoken_ = std::make_unique<Replaceable<Spoken>>(site.spoken_with(texts));
  for (const AssetSet& set : asset_sets()) {
    for (const Asset& asset : set.assets)
      site.files_.push_back(std::make_unique<File>(asset, set.policy, set.is_documentation));
  }
  return site;
}

Site::Spoken Site::spoken_with(const Catalogues& texts) const {
  Spoken spoken{texts, {}, {}};
  for (const std::string_view language : texts.tags()) {
    for (const std::string_view theme : kThemes) {
      const Look look{language, theme};
      Document document =
          make_document(std::string(kHtml), std::string(kPagePolicy), render(texts, look, {}));
      document.varies = true;
      spoken.rendered.push_back({look, std::move(document)});
    }
    if (texts.of(language) == page_texts().of(language)) continue;
    JsonWriter json;
    json.begin_object();
    for (const auto& [key, text] : texts.of(language).texts())
      json.field(key, text);
    json.end_object();
    spoken.files.emplace_back(
        "/ui/" + std::string(language) + ".json",
        make_document("application/json; charset=utf-8", std::string(kPagePolicy), json.take()));
  }
  return spoken;
}

bool Site::use(const Catalogues& texts) {
  if (texts == this->texts()) return true;
  return spoken_->replace(spoken_with(texts));
}

http::Reply Site::file(const File& file, const http::Request& request) const {
  for (const auto& [path, document] : spoken_->get().files) {
    if (path == file.path()) return serve(document, request);
  }
  return file.serve(request);
}

std::string_view Site::language_of(const http::Request& request) const {
  const std::string_view chosen = preference(preferences_of(request), "lang", texts().tags());
  if (!chosen.empty()) return chosen;
  return config::choose_language(request.header("accept-language").value_or(""), texts().tags());
}

Site::Look Site::look_of(const http::Request& request) const {
  const std::string_view wanted = preferences_of(request);
  Look look{preference(wanted, "lang", texts().tags()), preference(wanted, "theme", kThemes)};
  // What a person has chosen here counts before what an application thinks (OpenID Connect Core
  // section 3.1.2.1, "ui_locales").
  if (look.language.empty()) {
    look.language = first_known(request.query("ui_locales").value_or(""), texts());
  }
  if (look.language.empty()) look.language = language_of(request);
  if (look.language.empty()) look.language = branding_.language;
  if (look.theme.empty()) look.theme = kThemes.front();
  return look;
}

std::string Site::render(const Catalogues& texts, Look look, const Difference& visit) const {
  JsonWriter json;
  json.begin_object()
      .field("name", branding_.name)
      .field("logo", logo_ ? "/ui/logo" : "")
      .field("signup", facts_.may_sign_up)
      .field("passkeys", facts_.has_passkeys)
      .field("email_required", facts_.needs_email)
      .field("min_length", facts_.min_password_length)
      .field("min_length_factor", facts_.min_password_length_with_factor)
      .field("max_length", facts_.max_password_length)
      .field("refuses_known", facts_.refuses_known_passwords)
      .field("terms_version", facts_.terms_version)
      .field("terms_url", facts_.terms_url)
      .field("return_query", visit.return_query)
      .field("return_to", visit.return_to)
      .field("application", visit.application != nullptr ? visit.application->name : "")
      .field("application_logo", visit.application != nullptr ? visit.application->logo : "")
      .field("is_same_site", visit.is_same_site)
      .key("links")
      .begin_array();
  for (const Branding::Link& link : branding_.links) {
    json.begin_object().field("label", link.label).field("href", link.address).end_object();
  }
  json.end_array().key("methods").begin_array();
  for (const std::string& method : facts_.methods)
    json.value(method);
  json.end_array().key("providers").begin_array();
  for (const Facts::Provider& provider : facts_.providers) {
    json.begin_object()
        .field("name", provider.name)
        .field("label", provider.label)
        .field("logo", provider_logo_path(provider.name))
        .end_object();
  }
  json.end_array().key("languages").begin_array();
  for (const std::string_view tag : texts.tags()) {
    json.begin_object()
        .field("tag", tag)
        .field("name", config::find_language(tag)->name)
        .end_object();
  }
  json.end_array().end_object();
  const Catalogue& words = texts.of(look.language);
  const std::array<Value, 8> values = {{
      {"lang", words.tag()},
      {"dir", std::string(config::direction_of(look.language))},
      {"theme", std::string(look.theme)},
      {"name", html_escaped(branding_.name)},
      {"icon", icon_of(branding_, *parse_colour(branding_.accent))},
      {"boot", inside_script(json.text())},
      {"skip", html_escaped(words.text("skip"))},
      {"main", main_of(words, visit.plain)},
  }};
  return fill(template_, values);
}

http::Reply Site::page(const http::Request& request, const Visit& visit) const {
  const Look look = look_of(request);
  Difference difference;
  const std::string_view query = request.query("return_to").value_or("");
  if (query.size() <= kMaxReturnQuery && !visit.return_to.empty()) {
    difference.return_query = query;
    difference.return_to = visit.return_to;
    difference.application = &visit.application;
  }
  const std::string_view site = request.header("sec-fetch-site").value_or("");
  difference.is_same_site = visit.tells_site && (site == "same-origin" || site == "same-site");
  difference.plain = visit.plain ? &*visit.plain : nullptr;
  if (difference.plain != nullptr) {
    return for_one(serve_once(kHtml, kFormPagePolicy, render(texts(), look, difference), request),
                   *difference.plain);
  }
  if (!difference.return_to.empty() || difference.is_same_site) {
    return serve_once(kHtml, kPagePolicy, render(texts(), look, difference), request);
  }
  const std::vector<Rendered>& rendered = spoken_->get().rendered;
  const auto found = std::find_if(rendered.begin(), rendered.end(), [&](const Rendered& one) {
    return one.look.language == look.language && one.look.theme == look.theme;
  });
  CHECK(found != rendered.end());
  return serve(found->document, request);
}

http::Reply Site::missing(const http::Request& request) const {
  http::Reply reply = page(request, {});
  if (reply.status == 200) reply.status = 404;  // not 304, which would revalidate a stored 404
  return reply;
}

http::Reply Site::plain(const http::Request& request, const PlainPage& page) const {
  const Look look = look_of(request);
  const Catalogue& words = texts().of(look.language);
  const std::array<Value, 7> values = {{
      {"lang", words.tag()},
      {"dir", std::string(config::direction_of(look.language))},
      {"theme", std::string(look.theme)},
      {"name", html_escaped(branding_.name)},
      {"icon", icon_of(branding_, *parse_colour(branding_.accent))},
      {"title", html_escaped(words.text(page.title))},
      {"body", plain_body(words, page)},
  }};
  http::Reply reply =
      for_one(serve_once(kHtml, kPlainPolicy, fill(shell("plain.html"), values), request), page);
  reply.status = page.status;
  return reply;
}

http::Reply Site::style(const http::Request& request) const {
  return serve(style_, request);
}

http::Reply Site::logo(const http::Request& request) const {
  if (logo_) return serve(*logo_, request);
  return http::Reply::text(404, "There is no logo.\n");
}

const Document* Site::find_provider_logo(std::string_view name) const {
  for (const auto& [provider, document] : provider_logos_) {
    if (provider == name) return &document;
  }
  return nullptr;
}

std::string Site::provider_logo_path(std::string_view name) const {
  const Document* document = find_provider_logo(name);
  if (document == nullptr) return "";
  return "/ui/providers/" + std::string(name) + "/logo?v=" + document->hash;
}

http::Reply Site::provider_logo(const http::Request& request) const {
  const Document* document = find_provider_logo(request.param("name"));
  if (document == nullptr) return http::Reply::text(404, "There is no logo.\n");
  http::Reply reply = serve(*document, request);
  if (request.query("v").value_or("") != document->hash) return reply;
  std::erase_if(reply.headers, [](const auto& header) { return header.first == "Cache-Control"; });
  return std::move(reply).with("Cache-Control", "public, max-age=31536000, immutable");
}

}  // namespace authd::web
