#include "fetch/client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>

#include "base/file.h"
#include "base/ip_address.h"
#include "base/text.h"

namespace authd::fetch {
namespace {

struct EasyCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;
using List = std::unique_ptr<curl_slist, ListFree>;

constexpr size_t kMaxHeaders = 200;

Error failed(std::string cause) {
  return Error{ErrorCode::unavailable, std::move(cause)};
}

// The system's authorities. libcurl was built with Debian's path; other systems have their own.
const char* system_authorities() {
  constexpr std::array kPlaces = {"/etc/ssl/certs/ca-certificates.crt",
                                  "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                  "/etc/ssl/cert.pem"};
  for (const char* place : kPlaces) {
    if (access(place, R_OK) == 0) return place;
  }
  return kPlaces.front();
}

struct Body {
  std::string& text;
  size_t limit;
  bool is_over = false;
};

// Takes a piece of the reply; anything but `size` makes libcurl give up.
size_t take(const char* data, size_t one, size_t count, void* user) {
  Body& body = *static_cast<Body*>(user);
  const size_t size = one * count;
  body.is_over = body.text.size() + size > body.limit;
  try {
    body.text.append(data, std::min(size, body.limit - body.text.size()));
  } catch (const std::bad_alloc&) {
    return 0;  // Not through libcurl, which is C.
  }
  return body.is_over ? 0 : size;
}

void keep_header(Reply& reply, std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' '))
    line.remove_suffix(1);
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name = lower(line.substr(0, colon));
  line.remove_prefix(colon + 1);
  while (line.starts_with(' '))
    line.remove_prefix(1);
  reply.headers.emplace_back(std::move(name), line);
}

// Takes a line of the reply's head; each interim reply (1xx) starts it again.
size_t take_header(const char* data, size_t one, size_t count, void* user) {
  Reply& reply = *static_cast<Reply*>(user);
  const size_t size = one * count;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) reply.headers.clear();
  if (reply.headers.size() == kMaxHeaders) return 0;
  try {
    keep_header(reply, line);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return size;
}

// libcurl calls this several times a second, also while nothing moves.
int watch(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return is_asked(*static_cast<const Stopping*>(user)) ? 1 : 0;
}

// The server's own certificate, the first of those that it showed.
std::string leaf_of(CURL* easy) {
  curl_certinfo* shown = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &shown) != CURLE_OK || shown == nullptr ||
      shown->num_of_certs < 1) {
    return "";
  }
  constexpr std::string_view kField = "Cert:";
  for (const curl_slist* field = shown->certinfo[0]; field != nullptr; field = field->next) {
    const std::string_view text(field->data);
    if (text.starts_with(kField)) return std::string(text.substr(kField.size()));
  }
  return "";
}

// The error of a failed request. The numbers are OpenSSL's X509_V_ERR_…: the chain ends at an
// issuer that is not trusted.
Error failure(CURL* easy, CURLcode code, const char* text) {
  Error error = failed(text[0] != '\0' ? text : curl_easy_strerror(code));
  if (code != CURLE_PEER_FAILED_VERIFICATION) return error;
  long verdict = 0;
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
  error.name = verdict >= 18 && verdict <= 21 ? kUnknownIssuer : kBadCertificate;
  return error;
}

void set_limits(CURL* easy, const Request& request) {
  const auto timeout = std::max<long>(static_cast<long>(request.timeout.count()), 1);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   std::min(timeout, static_cast<long>(kConnectTimeout.count())));
  if (!request.cuts_reply) {
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, static_cast<long>(request.max_bytes));
  }
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // The time counts for looking up the name, too: nobody waits for a name server that is silent.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  if (!request.stopping) return;
  // The request outlives the transfer; libcurl wants a pointer that is not const.
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &watch);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, const_cast<Stopping*>(&request.stopping));
}

// With a proxy, libcurl opens a tunnel for https (CONNECT), so the proxy sees no more than the
// host.
void set_route(CURL* easy, const Route& route) {
  const std::string direct =
      "localhost,127.0.0.1,::1" + (route.no_proxy.empty() ? "" : "," + route.no_proxy);
  curl_easy_setopt(easy, CURLOPT_PROXY,
                   route.proxy.c_str());  // empty: whatever the environment says
  curl_easy_setopt(easy, CURLOPT_NOPROXY, direct.c_str());
}

// What is asked of an address before it is connected to, and the last one that was refused.
struct Gate {
  const std::vector<Network>& networks;
  bool is_plain = false;
  std::optional<IpAddress> refused = {};
};

bool is_open(const Gate& gate, const IpAddress& ip, unsigned port) {
  return gate.is_plain ? is_listed(ip, gate.networks) : is_reachable(ip, port, gate.networks);
}

// An IPv4 address within IPv6 is refused whatever it is: no honest name leads to one.
bool may_connect(Gate& gate, const sockaddr& to) {
  if (to.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &to, sizeof v4);
    std::array<uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    const IpAddress ip = IpAddress::from_v4(bytes);
    if (is_open(gate, ip, ntohs(v4.sin_port))) return true;
    gate.refused = ip;
    return false;
  }
  if (to.sa_family != AF_INET6) return false;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &to, sizeof v6);
  IpAddress ip;
  std::memcpy(ip.bytes.data(), &v6.sin6_addr, ip.bytes.size());
  if (!ip.is_v4() && is_open(gate, ip, ntohs(v6.sin6_port))) return true;
  gate.refused = ip;
  return false;
}

// libcurl calls this with each address that it is about to connect to.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* to) {
  if (!may_connect(*static_cast<Gate*>(user), to->addr)) return CURL_SOCKET_BAD;
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

// libcurl is built without unix sockets, so it gets one that is connected.
curl_socket_t open_unix_socket(void* user, curlsocktype, curl_sockaddr*) {
  const std::string& path = *static_cast<const std::string*>(user);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return CURL_SOCKET_BAD;
  path.copy(address.sun_path, path.size());
  // A listener without room is refused at once, and not waited for.
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return CURL_SOCKET_BAD;
  return fd.release();
}

int is_connected(void*, curl_socket_t, curlsocktype) {
  return CURL_SOCKOPT_ALREADY_CONNECTED;
}

void set_socket(CURL* easy, const Request& request) {
  if (request.unix_socket.empty()) return;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_unix_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, const_cast<std::string*>(&request.unix_socket));
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &is_connected);
}

Error out_of_reach(std::string cause) {
  Error error = failed(std::move(cause));
  error.name = kOutOfReach;
  return error;
}

// Lets the request go to public addresses only. Whether it takes the proxy is decided here and not
// left to libcurl: through a proxy, the address that is connected to is the proxy's.
Result<void> set_reach(CURL* easy, const Request& request, const Route& route, Gate& gate) {
  if (request.reach == Reach::any) return {};
  const Result<Target> target =
      gate.is_plain ? http_target(request.url) : https_target(request.url);
  if (!target) return out_of_reach(target.error().message);
  // Plain http stays in networks of the operator's own.
  if (!gate.is_plain && !route.proxy.empty() && !is_direct(target->host, route.no_proxy)) {
    const Result<void> is_fine = check_by_name(*target, request.networks);
    if (!is_fine) return out_of_reach(is_fine.error().message);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    return {};
  }
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &gate);
  return {};
}

void set_tls(CURL* easy, const Request& request, const Route& route) {
  const std::string& named = request.ca_file.empty() ? route.ca_file : request.ca_file;
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.is_unverified ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.is_unverified ? 0L : 2L);
  curl_easy_setopt(easy, CURLOPT_CERTINFO, request.wants_certificate ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, named.empty() ? system_authorities() : named.c_str());
}

// On failure libcurl leaves the list unchanged, so the head is released only when it is replaced.
bool append(List& list, const std::string& header) {
  curl_slist* longer = curl_slist_append(list.get(), header.c_str());
  if (longer == nullptr) return false;
  (void)list.release();
  list.reset(longer);
  return true;
}

void begin_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Result<Reply> perform(CURL* easy, const Request& request, const Route& route) {
  const bool is_limited = request.reach == Reach::public_only;
  const bool takes_plain =
      request.takes_plain_http || (request.takes_plain_to_networks && is_limited);
  const bool is_plain = takes_plain && request.url.starts_with("http://");
  if (!is_plain && !is_allowed_url(request.url)) {
    return failed(request.url + " is not an https address");
  }
  List headers;
  bool has_all = append(headers, "Accept: application/json") && append(headers, "Expect:");
  if (!request.json.empty()) has_all = has_all && append(headers, "Content-Type: application/json");
  for (const std::string& header : request.headers)
    has_all = has_all && append(headers, header);
  if (!has_all) return failed("no memory for the request");
  std::array<char, CURL_ERROR_SIZE> text{};
  Reply reply;
  Body body{reply.body, request.max_bytes};
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, text.data());
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "authd/" AUTHD_VERSION);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reply);
  const std::string& sent = request.json.empty() ? request.form : request.json;
  if (!sent.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(sent.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sent.c_str());
  }
  set_socket(easy, request);
  set_limits(easy, request);
  set_route(easy, route);
  set_tls(easy, request, route);
  Gate gate{request.networks, is_limited && is_plain};
  TRY(set_reach(easy, request, route, gate));
  const CURLcode code = curl_easy_perform(easy);
  const bool is_cut = request.cuts_reply && body.is_over;
  if (code == CURLE_WRITE_ERROR && !is_cut)
    return failed("the reply is too long, or there is no memory");
  if (code == CURLE_COULDNT_CONNECT && gate.refused) {
    return out_of_reach(gate.refused->to_string() +
                        (gate.is_plain ? " is in no network that plain http is allowed to"
                                       : " is not a public address"));
  }
  if (code != CURLE_OK && !is_cut) return failure(easy, code, text.data());
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  if (request.wants_certificate) reply.certificate = leaf_of(easy);
  const time_t date = curl_getdate(reply.header("date").c_str(), nullptr);
  if (date > 0) reply.date = from_unix_seconds(date);
  return reply;
}

}  // namespace

bool is_allowed_url(std::string_view url) {
  constexpr std::string_view kPlain = "http://";
  for (const char c : url) {
    if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '@') return false;
  }
  if (url.starts_with("https://")) return url.size() > 8;
  if (!url.starts_with(kPlain)) return false;
  const std::string_view rest = url.substr(kPlain.size());
  return is_loopback_host(without_port(rest.substr(0, rest.find_first_of("/?#"))));
}

std::string Reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

HttpsClient::HttpsClient(Route route) : route_(std::move(route)) {
  begin_libcurl();
}

Result<Reply> HttpsClient::send(const Request& request) {
  const Easy easy(curl_easy_init());
  if (!easy) return failed("libcurl cannot be used");
  curl_easy_setopt(easy.get(), CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_FORBID_REUSE, 1L);
  return perform(easy.get(), request, route_);
}

KeptConnection::KeptConnection(Route route) : route_(std::move(route)), easy_(nullptr) {
  begin_libcurl();
  easy_ = curl_easy_init();
}

KeptConnection::~KeptConnection() {
  curl_easy_cleanup(easy_);
}

Result<Reply> KeptConnection::send(const Request& request) {
  if (easy_ == nullptr) return failed("libcurl cannot be used");
  curl_easy_reset(easy_);  // Its connection stays.
  return perform(easy_, request, route_);
}

}  // namespace authd::fetch
