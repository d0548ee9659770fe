// The pages as configured: name, logo, colour and links, in the language and theme of the visitor.
// Every page is the same document; its script renders the page for the address
// (src/web/pages/app.js).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/wire/message.h"
#include "web/asset.h"
#include "web/catalogue.h"
#include "web/own_texts.h"
#include "web/plain_page.h"

namespace authd::web {

struct Branding {
  struct Link {
    std::string label;
    std::string address;
  };
  std::string name;
  std::string accent;  // "#1a4fa3"
  std::string logo;    // the image itself: SVG, PNG, JPEG or WebP; empty: the name's first letter
  std::vector<Link> links;      // at the foot of each page
  std::string language = "en";  // for people who ask for none that there is
};

// Other settings that the pages need.
struct Facts {
  struct Provider {
    std::string name;
    std::string label;
    std::string logo = {};  // the picture itself: JPEG; empty: the label's first letter
  };
  std::vector<Provider> providers;
  bool may_sign_up = true;
  bool needs_email = false;  // to sign up
  uint64_t min_password_length = 8;
  uint64_t min_password_length_with_factor = 8;
  uint64_t max_password_length = 256;
  bool refuses_known_passwords = true;
  bool has_passkeys = false;              // Browsers make them for the address of this server.
  std::vector<std::string> methods = {};  // how people sign in: login.methods
  std::string terms_version = {};         // that people accept; empty: there are none
  std::string terms_url = {};             // where they can be read
};

// Nothing of it changes but the texts.
class Site {
 public:
  // Error: `invalid`, when the logo is not a known image format, or the accent is not a colour.
  static Result<Site> make(Branding branding, Facts facts, const Catalogues& texts = page_texts());

  // Speaks with these texts from now on, in the languages that it had. Called by one thread. False:
  // it did so too often (Replaceable).
  bool use(const Catalogues& texts);

  // Every page, as one visit needs it. Without a visit it is the same document for everybody.
  struct Visit {
    // An address outside the pages to which the page may send the browser after signing in. The
    // caller has checked it; it is empty unless ?return_to= names such an address.
    std::string return_to;
    // That the person signs in to; without a name: none.
    struct Application {
      std::string name;
      std::string logo;  // its address; empty: none
    };
    Application application;
    // Whether the page is told if a page of the same site led to it (Sec-Fetch-Site).
    bool tells_site = false;
    // What the page is until its script has come, or without one.
    std::optional<PlainPage> plain;
  };
  http::Reply page(const http::Request& request, const Visit& visit) const;

  // The same with 404: its script finds no page for the address and says so.
  http::Reply missing(const http::Request& request) const;

  // A page that works without scripts (plain_page.h).
  http::Reply plain(const http::Request& request, const PlainPage& page) const;

  http::Reply style(const http::Request& request) const;  // /ui/style.css
  http::Reply logo(const http::Request& request) const;   // /ui/logo; 404 when there is none
  // /ui/providers/:name/logo?v=: the address that names this version keeps its picture for ever.
  http::Reply provider_logo(const http::Request& request) const;

  // The language that a request asks for: the person's choice, which the pages keep in a cookie,
  // else that of Accept-Language. A tag of config::kLanguages with a catalogue; empty: none.
  std::string_view language_of(const http::Request& request) const;

  // An embedded file; in its place the texts in use, if it is a catalogue of the pages and others
  // replace some of it.
  http::Reply file(const File& file, const http::Request& request) const;

  // Every embedded file, at its path.
  const std::vector<std::unique_ptr<File>>& files() const { return files_; }

 private:
  struct Look {
    std::string_view language;
    std::string_view theme;
  };
  Look look_of(const http::Request& request) const;
  // What differs between requests for a page.
  struct Difference {
    std::string_view return_query = {};
    std::string_view return_to = {};
    const Visit::Application* application = nullptr;
    bool is_same_site = false;
    const PlainPage* plain = nullptr;
  };
  struct Rendered {
    Look look;
    Document document;
  };
  // All that depends on the texts.
  struct Spoken {
    Catalogues texts;
    std::vector<Rendered> rendered;                       // without a return address
    std::vector<std::pair<std::string, Document>> files;  // catalogues that are not as embedded
  };
  const Catalogues& texts() const { return spoken_->get().texts; }
  const Document* find_provider_logo(std::string_view name) const;
  // Its address; empty: the provider has none.
  std::string provider_logo_path(std::string_view name) const;
  Spoken spoken_with(const Catalogues& texts) const;
  std::string render(const Catalogues& texts, Look look, const Difference& difference) const;

  Branding branding_;
  Facts facts_;
  std::unique_ptr<Replaceable<Spoken>> spoken_;
  std::string template_;
  Document style_;
  std::optional<Document> logo_;
  std::vector<std::pair<std::string, Document>> provider_logos_;  // by name
  std::vector<std::unique_ptr<File>> files_;
};

// The addresses of the pages, with ":id" for a part that varies: those of src/web/pages/pages.json,
// which the script of the pages reads as well.
std::vector<std::string> page_paths();

}  // namespace authd::web
