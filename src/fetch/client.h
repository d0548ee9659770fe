// Requests to other servers over https, such as the providers that people sign in with. One
// request, one reply, no redirects; every size and time is bounded.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/stop.h"
#include "base/time.h"
#include "fetch/reach.h"

namespace authd::fetch {

inline constexpr Milliseconds kConnectTimeout = std::chrono::seconds(3);
inline constexpr size_t kMaxReplyBytes = 256 * 1024;

struct Request {
  std::string url;                   // https, or http to this machine (is_allowed_url)
  std::string form;                  // sent by POST as a form; empty: GET
  std::string json;                  // sent by POST as JSON, instead of a form
  std::vector<std::string> headers;  // "Name: value"
  std::string ca_file;               // PEM; empty: those of the route
  Milliseconds timeout{};            // for all of it
  Stopping stopping = {};            // gives up within about a second when it asks to
  // Only for the doctor, which asks this server's own address and sends nothing of value.
  bool takes_plain_http = false;   // http to any host
  bool is_unverified = false;      // accepts any certificate
  bool wants_certificate = false;  // put it in the reply
  // For an address that a stranger has brought along. The address to which its name leads is judged
  // when it is connected to, so a name cannot lead elsewhere a moment later.
  Reach reach = Reach::any;
  std::vector<Network> networks = {};  // with public_only: that are reached, too
  // With public_only: takes plain http as well, but only to those networks, and never by the proxy.
  bool takes_plain_to_networks = false;
  // A longer reply is cut off there, and is no failure.
  bool cuts_reply = false;
  size_t max_bytes = kMaxReplyBytes;  // of the reply's body
  std::string unix_socket = {};       // a path, to connect to whatever the host of the address is
};

struct Reply {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
  std::optional<Time> date = {};                                  // of the header Date
  std::string certificate = {};  // PEM, the server's own; empty unless requested

  std::string header(std::string_view name) const;  // the first; empty if it is absent
};

// Error::name when a certificate was rejected: because its issuer is unknown, or for another
// reason.
inline constexpr std::string_view kUnknownIssuer = "unknown_issuer";
inline constexpr std::string_view kBadCertificate = "bad_certificate";
// Error::name when Reach::public_only kept the request from being sent.
inline constexpr std::string_view kOutOfReach = "out_of_reach";

// Thread-safe. An interface, so that tests can be the other server.
class Client {
 public:
  virtual ~Client() = default;
  // The reply, whatever its status. Error: `unavailable`, with a cause that is for the log, not for
  // our clients: no reply in time, not trusted, too long, an address that is not allowed.
  virtual Result<Reply> send(const Request& request) = 0;
};

// How requests leave this machine.
struct Route {
  std::string proxy = {};     // "http://host:port"; empty: none
  std::string no_proxy = {};  // hosts that are reached without it, with commas between them
  std::string ca_file = {};   // for requests that name none; empty: the system's authorities
};

// Uses libcurl: TLS 1.2 or newer, certificate and name checked. The environment is ignored, also
// its proxies. This machine itself is always reached directly. With a proxy, the addresses of other
// hosts are the proxy's to judge: Reach::public_only then goes by the name (check_by_name).
class HttpsClient final : public Client {
 public:
  explicit HttpsClient(Route route = {});
  Result<Reply> send(const Request& request) override;

 private:
  const Route route_;
};

// The same, over a connection that stays open between requests to the same server. Only one thread
// uses it.
class KeptConnection final : public Client {
 public:
  explicit KeptConnection(Route route = {});
  ~KeptConnection() override;
  KeptConnection(const KeptConnection&) = delete;
  KeptConnection& operator=(const KeptConnection&) = delete;
  Result<Reply> send(const Request& request) override;

 private:
  const Route route_;
  void* easy_;  // libcurl's handle
};

// True for https://…, and for http:// to a loopback address or "localhost".
bool is_allowed_url(std::string_view url);

}  // namespace authd::fetch
