#include "config/limits.h"
#include "config/reading/key_forms.h"
#include "config/reading/key_groups.h"
#include "config/reading/store_url.h"

namespace authd::config {

using namespace std::chrono_literals;

void add_server(std::vector<Key>& keys) {
  keys.push_back(list<Listen>(
      "server.listen", "localhost:8080", AT(server.listen), &parse_listen, &format_listen,
      "Where to listen: host:port, [ipv6]:port, unix:/path, or systemd; localhost "
      "is 127.0.0.1 and ::1."));
  keys.push_back(computed("$STATE_DIRECTORY, else ./authd-data",
                          text("server.data_dir", "", AT(server.data_dir),
                               "The directory of the database and the master key.")));
  keys.push_back(computed("http://<first listen>, or http://localhost:<port>",
                          one<std::string>("server.public_url", "", AT(public_url), &parse_url,
                                           &as_is, "The URL at which clients reach this server.")));
  keys.push_back(reloadable(
      list<std::string>("server.allowed_hosts", "*", AT(ingress.allowed_hosts), &parse_host, &as_is,
                        "Host headers that are answered: names, *.example.org, or * for all.")));
  keys.push_back(reloadable(list<Network>(
      "server.trusted_proxies", "", AT(ingress.trusted_proxies), &parse_network,
      [](const Network& network) { return network.to_string(); },
      "Networks of reverse proxies whose X-Forwarded-* and Forwarded headers are believed.")));
  keys.push_back(reloadable(choice<ProxyHeaders>(
      "server.proxy_headers", "x-forwarded", AT(ingress.proxy_headers),
      "Which header the trusted proxies write: X-Forwarded-*, or Forwarded (RFC 7239).")));
  keys.push_back(
      switching(reloadable(text("server.tls_cert", "", AT(ingress.tls_cert),
                                "PEM file of the certificate chain; switches TLS on."))));
  keys.push_back(switching(reloadable(text("server.tls_key", "", AT(ingress.tls_key),
                                           "PEM file of the certificate's private key."))));
  keys.push_back(flag("server.force_https", "false", AT(server.force_https),
                      "Send clients that came by plain http to https."));
  keys.push_back(list<Listen>("server.redirect_listen", "", AT(server.redirect_listen),
                              &parse_tcp_listen, &format_listen,
                              "Plain http addresses that only redirect to https."));
  keys.push_back(computed(
      "4 x cores, at least 64",
      number("server.workers", "", 1, 1024, AT(server.workers),
             "Threads for requests that change something: they wait for the disk together.")));
  keys.push_back(number("server.max_connections", "10000", 16, 1'000'000,
                        AT(server.max_connections), "Connections at once, in all."));
  keys.push_back(number("server.max_connections_per_address", "1000", 0, 1'000'000,
                        AT(server.max_connections_per_address),
                        "Connections at once from one address (IPv6: one /64); 0 is no limit."));
  keys.push_back(size("server.max_body", "64KiB", 1024, 64 << 20, AT(server.max_body),
                      "Longest request body."));
  keys.push_back(size("server.max_header", "16KiB", 1024, 1 << 20, AT(server.max_header),
                      "Longest request line and headers; what is longer gets 431. Cookies of other "
                      "applications of the domain count, too."));
  keys.push_back(duration("server.handshake_timeout", "10s", 100ms, 10min,
                          AT(server.handshake_timeout), "Time for a TLS handshake."));
  keys.push_back(duration("server.header_timeout", "10s", 100ms, 10min, AT(server.header_timeout),
                          "Time for a request's headers, from its first byte."));
  keys.push_back(duration("server.body_timeout", "30s", 100ms, 1h, AT(server.body_timeout),
                          "Time for a request's body."));
  keys.push_back(duration("server.idle_timeout", "1m", 100ms, 1h, AT(server.idle_timeout),
                          "Time between two requests on a connection."));
  keys.push_back(duration("server.write_timeout", "30s", 100ms, 1h, AT(server.write_timeout),
                          "Time for a client to take its reply."));
  keys.push_back(duration("server.drain_timeout", "20s", 0ms, 1h, AT(server.drain_timeout),
                          "Time for running requests to finish when the server stops."));
  keys.push_back(flag("server.sandbox", "true", AT(server.sandbox),
                      "Whether the server gives up system calls and files that it does not need; "
                      "off for debuggers."));
}

void add_store(std::vector<Key>& keys) {
  keys.push_back(choice<StoreEngine>(
      "store.engine", "lmdb", AT(store.engine),
      "Where the data lies: lmdb is a file in server.data_dir, postgresql is for several hosts."));
  keys.push_back(size("store.max_size", "64GiB", 16 << 20, 16ull << 40, AT(store.max_size),
                      "The largest the database may become; address space, not disk."));
  keys.push_back(computed(
      "$CREDENTIALS_DIRECTORY/store.url if it is there, else libpq's variables (PGHOST, PGSERVICE)",
      one<std::string>("store.url", "", AT(store.url), &parse_store_url, &masked_store_url,
                       "Where PostgreSQL is: postgresql://user@host/database, or several hosts.")));
  keys.push_back(one<std::string>("store.schema", "authd", AT(store.schema), &parse_schema, &as_is,
                                  "The schema of PostgreSQL that the tables are in."));
  keys.push_back(
      computed("$CREDENTIALS_DIRECTORY/master.key if it is there, else <data_dir>/master.key",
               text("secrets.master_key_file", "", AT(secrets.master_key_file),
                    "The file of the key that seals secrets in the database.")));
}

void add_cluster(std::vector<Key>& keys) {
  keys.push_back(
      computed("the name of the host",
               one<std::string>("cluster.node", "", AT(cluster.node), &parse_node, &as_is,
                                "The name of this host among those that share one "
                                "PostgreSQL; unique.")));
  keys.push_back(duration("cluster.lease", "1s", 200ms, 60s, AT(cluster.lease),
                          "How old an answer may be. A host that is cut off from PostgreSQL for "
                          "longer answers 503."));
  keys.push_back(duration("cluster.heartbeat", "100ms", 20ms, 10s, AT(cluster.heartbeat),
                          "How often a host asks PostgreSQL whether it knows everything; at most a "
                          "third of cluster.lease."));
}

void add_replica(std::vector<Key>& keys) {
  keys.push_back(computed(
      "empty",
      one<std::string>("replica.of", "", AT(replica.of), &parse_main_server, &as_is,
                       "The server that this one copies, https://host or unix:/path, to check "
                       "sessions and tokens beside an application; empty: none.")));
  keys.push_back(computed(
      "empty", text("replica.client_id", "", AT(replica.client_id),
                    "The client of that server, which has replica = true, as which this one "
                    "copies it.")));
  keys.push_back(computed("$CREDENTIALS_DIRECTORY/replica.secret if it is there",
                          text("replica.client_secret_file", "", AT(replica.client_secret_file),
                               "The file with the secret of that client.")));
  keys.push_back(duration("replica.lease", "5s", 1s, 24h, AT(replica.lease),
                          "How old an answer may be. A replica that has not reached its server for "
                          "longer answers 503."));
}

void add_audit(std::vector<Key>& keys) {
  keys.push_back(duration("audit.retention", "365d", 24h, 24h * 3650, AT(audit.retention),
                          "How long audit entries are kept."));
}

void add_backup(std::vector<Key>& keys) {
  const auto parse_directory = [](std::string_view value) -> Result<std::string> {
    const bool is_path = value.empty() || (value.starts_with('/') && value.size() <= 1024 &&
                                           value.find('\0') == std::string_view::npos);
    if (is_path) return std::string(value);
    return Error{ErrorCode::invalid, "must be a path that begins with /"};
  };
  keys.push_back(computed(
      "empty",
      one<std::string>("backup.directory", "", AT(backup.directory), parse_directory, &as_is,
                       "Where the server puts scheduled backups, preferably on another disk; "
                       "empty: no backups.")));
  keys.push_back(duration("backup.interval", "1d", 1min, 24h * 365, AT(backup.interval),
                          "Time between two backups."));
  keys.push_back(number("backup.keep", "7", 1, 10'000, AT(backup.keep),
                        "How many scheduled backups to keep; older ones are removed."));
  keys.push_back(text("backup.key_file", "", AT(backup.key_file),
                      "A file of at least 32 random bytes that encrypts the backups; empty: they "
                      "are not encrypted."));
}

void add_webhooks(std::vector<Key>& keys) {
  keys.push_back(flag("webhooks.enabled", "true", AT(webhooks.enabled),
                      "Send events to the endpoints that authd webhook add has named. Off: they "
                      "wait."));
  keys.push_back(list<Network>(
      "webhooks.allow_networks", "", AT(webhooks.allow_networks), &parse_network,
      [](const Network& network) { return network.to_string(); },
      "Private networks that endpoints may be in, at any port and without TLS; empty: only https "
      "at public addresses."));
}

void add_fetch(std::vector<Key>& keys) {
  const auto parse_proxy = [](std::string_view value) -> Result<std::string> {
    if (value.empty()) return std::string();
    const std::string url = TRY(parse_url(value));
    const bool has_path = url.find('/', url.find("://") + 3) != std::string::npos;
    if (url.starts_with("http://") && !has_path) return url;
    return Error{ErrorCode::invalid, "must be http://host:port, without a path"};
  };
  const auto parse_direct = [](std::string_view value) {
    return parse_host(value.starts_with("*.") ? value.substr(2) : value);
  };
  keys.push_back(computed(
      "none",
      one<std::string>("fetch.proxy", "", AT(fetch.proxy), parse_proxy, &as_is,
                       "The HTTP proxy through which providers are reached: http://host:port. The "
                       "variables HTTPS_PROXY and NO_PROXY are ignored.")));
  keys.push_back(list<std::string>(
      "fetch.no_proxy", "", AT(fetch.no_proxy), parse_direct, &as_is,
      "Hosts that are reached without fetch.proxy, with all hosts below them. This machine always "
      "is."));
  keys.push_back(text("fetch.ca_file", "", AT(fetch.ca_file),
                      "PEM file of the authorities for the certificates of other servers, where "
                      "nothing else names one; empty: the system's."));
}

void add_limits(std::vector<Key>& keys) {
  keys.push_back(reloadable(flag("rate_limit.enabled", "true", AT(rate_limit.enabled),
                                 "Limit requests by client address.")));
  for (const LimitClass& one : kLimitClasses) {
    if (one.default_rate.empty()) continue;
    const auto rate_at = [limit = one.limit](Config & c) -> auto& {
      return c.rate_limit[limit];
    };
    keys.push_back(reloadable(rate("rate_limit." + std::string(one.name),
                                   std::string(one.default_rate), rate_at, std::string(one.help))));
  }
}

void add_browsers(std::vector<Key>& keys) {
  keys.push_back(reloadable(list<std::string>(
      "cors.allowed_origins", "", AT(cors.allowed_origins), &parse_cors_origin, &as_is,
      "Origins of web pages that may call the API (also capacitor://localhost and the like), or * "
      "for all (without credentials).")));
  keys.push_back(
      computed("this host alone",
               one<std::string>("cookies.domain", "", AT(cookies.domain), &parse_domain, &as_is,
                                "The domain whose hosts all get the session cookie.")));
  keys.push_back(computed(
      "<server.public_url>/",
      one<std::string>("pages.sign_in_url", "", AT(pages.sign_in_url), &parse_page_url, &as_is,
                       "The page that people who are not signed in are sent "
                       "to.")));
  keys.push_back(list<std::string>(
      "pages.return_origins", "", AT(pages.return_origins), &parse_return_origin, &as_is,
      "Origins that people may be sent back to after signing in: https://app.example.org, or "
      "https://*.example.org for all hosts below."));
}

void add_log(std::vector<Key>& keys) {
  keys.push_back(reloadable(
      choosing<LogLevel>(one<LogLevel>("log.level", "info", AT(log.level), &parse_log_level,
                                       &word_of<LogLevel>, "debug, info, warn, error or off."))));
  keys.push_back(reloadable(choice<RequestLog>("log.requests", "all", AT(log.requests),
                                               "Which requests have a line at level info: all, "
                                               "refused (a status of 400 or more) or none.")));
  keys.push_back(computed(
      "text on a terminal, else json",
      choosing<LogFormat>(one<LogFormat>("log.format", "", AT(log.format), &parse_log_format,
                                         &word_of<LogFormat>, "json or text."))));
}

void add_metrics(std::vector<Key>& keys) {
  keys.push_back(flag("metrics.enabled", "true", AT(metrics.enabled), "Serve /metrics."));
  keys.push_back(list<Network>(
      "metrics.allowed_networks",
      "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,"
      "fe80::/10",
      AT(metrics.allowed_networks), &parse_network,
      [](const Network& network) { return network.to_string(); },
      "Networks whose clients may read /metrics; a unix socket always may."));
  keys.push_back(
      flag("docs.enabled", "true", AT(docs.enabled), "Serve /docs, /redoc and /openapi.json."));
}

}  // namespace authd::config
