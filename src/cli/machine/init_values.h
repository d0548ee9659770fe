// What `authd init` fills in. The files that it prints are complete examples, which work as they
// are; what may differ is in them as the values of kInitExample, so that file and command cannot
// drift apart.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/frame/options.h"
#include "web/asset.h"

namespace authd::cli {

struct InitValues {
  std::string app_host = "app.example.org";
  std::string auth_host = "auth.example.org";
  std::string upstream = "127.0.0.1:3000";
  std::string authd = "127.0.0.1:8080";
  std::string certificate = "/etc/ssl/example.org/fullchain.pem";
  std::string key = "/etc/ssl/example.org/privkey.pem";
  std::string role;
};

inline const InitValues kInitExample{};

// The option for each of them.
void add_init_options(const Subcommand& app, InitValues& values);

// The values in the form that the files need. Error: `usage`, which names the option.
Result<InitValues> checked(InitValues values);

// The longest domain that both hosts are in: the session cookie is for all hosts of it. Error:
// `usage`, when there is none, or both are one host.
Result<std::string> common_domain(const InitValues& values);

// What is replaced by what.
using InitSwaps = std::vector<std::pair<std::string, std::string>>;

// Each place is replaced once, by the first pair that fits.
std::string replaced(std::string_view text, const InitSwaps& swaps);

// The embedded file of this name, which is there.
std::string embedded_text(std::span<const web::Asset> assets, std::string_view name);

// The file of packaging/proxies/ with these values; `swaps` come before those of the values.
std::string filled_proxy(std::string_view name, const InitValues& values, const std::string& domain,
                         InitSwaps swaps = {});

}  // namespace authd::cli
