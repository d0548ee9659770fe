// The values of settings: durations, sizes, rates, addresses, lists. Each parser returns an Error
// (`invalid`) whose message says what would be valid. Each formatter writes the form that the
// parser reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace authd::config {

Result<bool> parse_bool(std::string_view text);        // true, false (and 1, 0, yes, no, on, off)
Result<uint64_t> parse_number(std::string_view text);  // decimal
Result<Milliseconds> parse_duration(std::string_view text);  // 500ms 90s 15m 1h 30d, or 0
Result<uint64_t> parse_size(std::string_view text);          // bytes: 4096 64KiB 16MiB 2GiB
Result<Rate> parse_rate(std::string_view text);              // 5/1m
Result<Listen> parse_listen(std::string_view text);
Result<Listen> parse_tcp_listen(std::string_view text);  // host:port only
Result<Network> parse_network(std::string_view text);
// http(s)://host[:port][/path]; a slash at the end is removed.
Result<std::string> parse_url(std::string_view text);
// The same, kept exactly: verifiers compare the issuer as text (RFC 7519 section 4.1.1).
Result<std::string> parse_issuer(std::string_view text);
// scheme://host[:port] as browsers send it (lower case, no default port), or *.
Result<std::string> parse_origin(std::string_view text);
// A host name as browsers know passkeys for it (Web Authentication Level 3, section 5.1.2), or "".
Result<std::string> parse_rp_id(std::string_view text);
// The name of a role: 1 to 64 of the letters a-z, digits and . _ -
bool is_role_name(std::string_view text);
Result<std::string> parse_role_name(std::string_view text);
// An origin with https, and not *.
Result<std::string> parse_secure_origin(std::string_view text);
// A colour: "#1a4fa3".
Result<std::string> parse_accent(std::string_view text);
// A link: "Privacy https://example.org/privacy".
Result<std::string> parse_link(std::string_view text);
// The label and the address of a link that parse_link() accepted.
std::pair<std::string, std::string> parts_of_link(std::string_view link);
// A domain: "example.org", in lower case, or "".
Result<std::string> parse_domain(std::string_view text);
// A URL without a query; "" for the default.
Result<std::string> parse_page_url(std::string_view text);
// An origin, or all hosts below a domain: "https://*.example.org".
Result<std::string> parse_return_origin(std::string_view text);
// Whether browsers send the session cookie to every host of a return origin.
bool shares_session_cookie(const Config& config, std::string_view origin);
// An origin for CORS: as parse_origin(), or with the scheme of an app's own pages
// ("capacitor://localhost").
Result<std::string> parse_cors_origin(std::string_view text);
// The host of a URL that parse_url() accepted, without its port.
std::string host_of(std::string_view url);
// example.org, example.org:8443, [2001:db8::1], *.example.org, or *
Result<std::string> parse_host(std::string_view text);
Result<MailUrl> parse_mail_url(std::string_view text);  // user and password percent-encoded
// An address, or "Name <address>" without quotes and control characters.
Result<std::string> parse_mail_from(std::string_view text);
// The name of an API of config/compat.h.
Result<std::string> parse_compat_api(std::string_view text);
Result<LogLevel> parse_log_level(std::string_view text);
Result<LogFormat> parse_log_format(std::string_view text);

// "a, b": parts without surrounding spaces; empty text is an empty list.
std::vector<std::string> split_list(std::string_view text);

std::string format_duration(Milliseconds duration);
std::string format_size(uint64_t bytes);
std::string format_rate(const Rate& rate);
std::string format_listen(const Listen& listen);
std::string format_mail_url(const MailUrl& url);  // the password is masked

}  // namespace authd::config
