// What the keys of several hosts take: the address of PostgreSQL, its schema, the name of a node.
// Each parser returns `invalid` with what would be valid, and never with the text itself: it may
// hold a password.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace authd::config {

// "postgresql://user@host1,host2/database?sslmode=verify-full", or libpq's other form, "host=…
// dbname=…"; "" for libpq's own variables.
Result<std::string> parse_store_url(std::string_view text);
// The same with *** in place of every password.
std::string masked_store_url(std::string_view url);
bool has_password(std::string_view url);

Result<std::string> parse_schema(std::string_view text);  // [a-z][a-z0-9_]*, at most 63
// Letters, digits, and . _ - within, at most 63; "" for the name of the host.
Result<std::string> parse_node(std::string_view text);

// Of replica.of: "https://host", "https://host:port" or "unix:/path". Empty text is fine. Error:
// `invalid`.
Result<std::string> parse_main_server(std::string_view text);

}  // namespace authd::config
