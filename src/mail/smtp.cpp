#include "mail/smtp.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <new>

#include "base/file.h"
#include "base/idn.h"
#include "base/ip_address.h"
#include "base/secret.h"
#include "base/text.h"
#include "mail/message.h"

namespace authd::mail {
namespace {

constexpr size_t kMaxReason = 400;
// For QUIT after an accepted mail.
constexpr Milliseconds kQuitTimeout = Seconds(2);

struct EasyCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;
using List = std::unique_ptr<curl_slist, ListFree>;

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

bool is_code(std::string_view line) {
  return line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && line[1] >= '0' && line[1] <= '9' &&
         line[2] >= '0' && line[2] <= '9';
}

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMaxReason));
  for (char& c : line) {
    if (static_cast<uint8_t>(c) < 0x20 || static_cast<uint8_t>(c) >= 0x7f) c = ' ';
  }
  while (line.ends_with(' '))
    line.pop_back();
  return line;
}

// The system's authorities: curl was built with Debian's path; other systems have their own.
const char* system_authorities() {
  constexpr std::array kPlaces = {"/etc/ssl/certs/ca-certificates.crt",
                                  "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                  "/etc/ssl/cert.pem"};
  for (const char* place : kPlaces) {
    if (access(place, R_OK) == 0) return place;
  }
  return kPlaces.front();
}

// One transfer: what curl's callbacks see. Outlives the handle, whose end may still call them.
struct Transfer {
  std::string_view unsent;
  ReplyReader reader;
  const std::function<bool()>& is_ending;

  static size_t give(char* out, size_t size, size_t count, void* self) {
    std::string_view& unsent = static_cast<Transfer*>(self)->unsent;
    const size_t taken = std::min(size * count, unsent.size());
    std::memcpy(out, unsent.data(), taken);
    unsent.remove_prefix(taken);
    return taken;
  }
  // Called with each line that the server sends.
  static size_t hear(char* line, size_t size, size_t count, void* self) {
    try {
      const bool goes_on = static_cast<Transfer*>(self)->reader.take({line, size * count});
      return goes_on ? size * count : 0;
    } catch (const std::bad_alloc&) {
      return 0;  // Not through libcurl, which is C.
    }
  }
  static int watch(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(self)->is_ending() ? 1 : 0;
  }
};

// Requires TLS: even if it is optional, a password is not sent without it.
long tls_mode(const config::MailSettings& settings) {
  const bool is_optional = settings.starttls == config::StartTls::optional;
  const bool would_tell = !settings.url.user.empty() && !is_loopback_host(settings.url.host);
  return is_optional && !would_tell ? static_cast<long>(CURLUSESSL_TRY)
                                    : static_cast<long>(CURLUSESSL_ALL);
}

bool was_answer(CURLcode code) {
  return code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY;
}

// The mechanism of the login (RFC 4954); empty: none.
std::string mechanism_of(const config::MailSettings& settings) {
  if (settings.url.user.empty()) return "";
  return settings.oauth_token_file.empty() ? "PLAIN" : "XOAUTH2";
}

// Read for each mail, because the token lives for an hour or so.
Result<AccessToken> read_token(const config::MailSettings& settings) {
  if (settings.oauth_token_file.empty()) return AccessToken();
  constexpr size_t kMaxToken = 16 * 1024;
  std::string text = TRY(read_file(settings.oauth_token_file, kMaxToken));
  AccessToken token{std::string(trimmed(text, " \t\r\n"))};
  wipe(text);
  if (!token.empty()) return token;
  return Error{ErrorCode::unavailable, settings.oauth_token_file + " is empty"};
}

void set_connection(CURL* easy, const config::MailSettings& settings, const AccessToken& token) {
  const config::MailUrl& to = settings.url;
  const bool is_smtps = to.kind == config::MailUrl::Kind::smtps;
  // libcurl introduces itself with the path.
  const std::string url = (is_smtps ? "smtps://" : "smtp://") + to.host + ":" +
                          std::to_string(to.port) + "/" + settings.hello_name;
  const auto timeout = static_cast<long>(settings.timeout.count());
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // regardless of the environment
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_USE_SSL, tls_mode(settings));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_CAINFO,
                   settings.ca_file.empty() ? system_authorities() : settings.ca_file.c_str());
  if (to.user.empty()) return;
  curl_easy_setopt(easy, CURLOPT_USERNAME, to.user.c_str());
  if (settings.oauth_token_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_PASSWORD, to.password.c_str());
    curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
  } else {
    std::string copy(token.reveal());
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, copy.c_str());
    wipe(copy);
    curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
    curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);  // as the descriptions of XOAUTH2 show it
  }
}

std::string no_login(const config::MailSettings& settings) {
  return "the server offers no login with " +
         (settings.oauth_token_file.empty()
              ? std::string("PLAIN or LOGIN; if it wants XOAUTH2, set "
                            "mail.oauth_token_file")
              : std::string("XOAUTH2"));
}

class SmtpTransport final : public Transport {
 public:
  SmtpTransport(const config::MailSettings& settings, std::function<bool()> is_ending)
      : settings_(settings), is_ending_(std::move(is_ending)) {
    initialise_curl();
  }

  SendResult send(const Envelope& envelope) override {
    const Result<AccessToken> token = read_token(settings_);
    if (!token) return {Outcome::later, "mail.oauth_token_file: " + token.error().message};
    const bool is_smtps = settings_.url.kind == config::MailUrl::Kind::smtps;
    // An internationalised domain needs no extension (RFC 5891 section 4), a local part does.
    const std::string to = address_to_ascii(envelope.to);
    const std::string from = address_to_ascii(envelope.from);
    const bool wants_utf8 = needs_utf8(to) || needs_utf8(from);
    Transfer transfer{envelope.message, ReplyReader(wants_utf8, is_smtps, mechanism_of(settings_)),
                      is_ending_};
    const List recipients(curl_slist_append(nullptr, to.c_str()));
    const Easy easy(curl_easy_init());
    if (!easy || !recipients) return {Outcome::later, "out of memory"};
    std::array<char, CURL_ERROR_SIZE> error{};
    set_connection(easy.get(), settings_, *token);
    set_mail(easy.get(), envelope, from, recipients.get(), transfer);
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error.data());
    const CURLcode code = curl_easy_perform(easy.get());
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, nullptr);
    curl_easy_setopt(easy.get(), CURLOPT_SERVER_RESPONSE_TIMEOUT_MS,
                     static_cast<long>(kQuitTimeout.count()));
    return result_of(transfer, code, error.data());
  }

 private:
  static void set_mail(CURL* easy, const Envelope& envelope, const std::string& sender,
                       curl_slist* recipients, Transfer& transfer) {
    const std::string from = "<" + sender + ">";
    // libcurl copies it, and without it would send as nobody.
    if (curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from.c_str()) != CURLE_OK) throw std::bad_alloc();
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                     static_cast<curl_off_t>(envelope.message.size()));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::give);
    curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::hear);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Transfer::watch);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  }

  SendResult result_of(const Transfer& transfer, CURLcode code, const char* error) const {
    const ReplyReader& reader = transfer.reader;
    Conversation seen;
    seen.is_complete = code == CURLE_OK && transfer.unsent.empty();
    seen.is_aborted = code == CURLE_ABORTED_BY_CALLBACK && !reader.lacks_utf8();
    seen.lacks_utf8 = reader.lacks_utf8();
    seen.lacks_login = reader.lacks_login();
    seen.replies = reader.replies();
    seen.last_code = reader.last_code();
    seen.was_last_asked = was_answer(code);
    const Outcome outcome = judge(seen);
    try {
      return {outcome, reason_of(seen, outcome, transfer, code, error)};
    } catch (const std::bad_alloc&) {
      return {outcome, "out of memory"};  // An accepted mail stays accepted.
    }
  }

  std::string reason_of(const Conversation& seen, Outcome outcome, const Transfer& transfer,
                        CURLcode code, const char* error) const {
    const ReplyReader& reader = transfer.reader;
    const std::string place = settings_.url.host + ":" + std::to_string(settings_.url.port);
    if (outcome == Outcome::sent) return place + ": " + one_line(reader.last_text());
    if (seen.lacks_utf8) {
      return place + ": the server does not accept internationalised addresses (SMTPUTF8)";
    }
    if (seen.lacks_login) return place + ": " + no_login(settings_);
    std::string reason = place + ": " + one_line(*error != '\0' ? error : curl_easy_strerror(code));
    if (seen.last_code >= 400) reason += "; it answered: " + one_line(reader.last_text());
    return reason;
  }

  const config::MailSettings& settings_;
  std::function<bool()> is_ending_;
};

// Whether "AUTH PLAIN LOGIN" has the mechanism.
bool offers(std::string_view words, std::string_view mechanism) {
  const std::string all = " " + std::string(words) + " ";
  const auto has = [&](std::string_view one) {
    return all.find(" " + std::string(one) + " ") != std::string::npos;
  };
  return has(mechanism) || (mechanism == "PLAIN" && has("LOGIN"));
}

}  // namespace

std::unique_ptr<Transport> make_smtp_transport(const config::MailSettings& settings,
                                               std::function<bool()> is_ending) {
  return std::make_unique<SmtpTransport>(settings, std::move(is_ending));
}

SendResult greet_smtp(const config::MailSettings& settings) {
  initialise_curl();
  const std::function<bool()> never = [] { return false; };
  const bool is_smtps = settings.url.kind == config::MailUrl::Kind::smtps;
  const Result<AccessToken> token = read_token(settings);
  if (!token) return {Outcome::later, "mail.oauth_token_file: " + token.error().message};
  Transfer transfer{"", ReplyReader(false, is_smtps, mechanism_of(settings)), never};
  const Easy easy(curl_easy_init());
  if (!easy) return {Outcome::later, "out of memory"};
  std::array<char, CURL_ERROR_SIZE> error{};
  set_connection(easy.get(), settings, *token);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error.data());
  curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, "NOOP");  // RFC 5321 section 4.1.1.9
  curl_easy_setopt(easy.get(), CURLOPT_NOBODY, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, &Transfer::hear);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &transfer);
  const CURLcode code = curl_easy_perform(easy.get());
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(easy.get(), CURLOPT_SERVER_RESPONSE_TIMEOUT_MS,
                   static_cast<long>(kQuitTimeout.count()));
  const std::string place = settings.url.host + ":" + std::to_string(settings.url.port);
  const std::string answer = one_line(transfer.reader.last_text());
  if (code == CURLE_OK) return {Outcome::sent, place + ": " + answer};
  if (transfer.reader.lacks_login()) return {Outcome::later, place + ": " + no_login(settings)};
  std::string reason =
      place + ": " + one_line(error[0] != '\0' ? error.data() : curl_easy_strerror(code));
  if (transfer.reader.last_code() >= 400) reason += "; it answered: " + answer;
  return {Outcome::later, reason};
}

Outcome judge(const Conversation& seen) {
  const int kind = seen.last_code / 100;
  if (seen.is_complete && kind == 2) return Outcome::sent;
  if (seen.lacks_utf8) return Outcome::refused;
  if (seen.lacks_login) return Outcome::later;
  if (seen.is_aborted) return Outcome::aborted;
  // 530 to 538 (RFC 4954, RFC 3207) concern our login or TLS; the first reply is the greeting.
  const bool is_about_us = seen.last_code / 10 == 53 || seen.replies <= 1;
  if (seen.was_last_asked && kind == 5 && !is_about_us) return Outcome::refused;
  return Outcome::later;
}

bool ReplyReader::take(std::string_view line) {
  if (!is_code(line)) return true;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (!is_inside_) {
    replies_ += 1;
    code_before_ = last_code_;
    offers_utf8_ = offers_tls_ = offers_login_ = false;
    text_.clear();
  }
  last_code_ = code;
  is_inside_ = line.size() > 3 && line[3] == '-';
  const std::string words = one_line(line.size() > 4 ? line.substr(4) : "");
  if (text_.empty()) {
    text_ = std::to_string(code);
  }
  if (text_.size() < kMaxReason && !words.empty()) text_ += " " + words;
  std::string_view keyword = words;
  keyword = keyword.substr(0, keyword.find(' '));
  offers_utf8_ |= keyword == "SMTPUTF8";
  offers_tls_ |= keyword == "STARTTLS";
  // libcurl finds AUTH in capitals only, and without it would send the mail without a login.
  offers_login_ |= keyword == "AUTH" && offers(words, mechanism_);
  // A 250 right after a 220 is the answer to EHLO. Where STARTTLS is offered another one follows.
  const bool is_last_hello =
      !is_inside_ && code == 250 && code_before_ == 220 && (is_encrypted_ || !offers_tls_);
  lacks_utf8_ |= is_last_hello && wants_utf8_ && !offers_utf8_;
  // A server that refuses EHLO and takes HELO has no extensions at all.
  const bool is_old_hello = code == 250 && replies_ == 3 && code_before_ / 100 == 5;
  lacks_login_ |= (is_last_hello || is_old_hello) && !mechanism_.empty() && !offers_login_;
  return !lacks_utf8_ && !lacks_login_;
}

}  // namespace authd::mail
