// authd completion bash|zsh|fish: scripts that ask `authd __complete` (complete.h) with each Tab,
// so they always match the program. And authd help, which run.cpp turns into --help.

#include "cli/frame/commands.h"

namespace authd::cli {
namespace {

// The line is split at blanks only: bash would also split at ':', '=' and '@', and replaces what
// follows the last of them.
constexpr const char* kBash = R"(_authd() {
  local line="${COMP_LINE:0:COMP_POINT}" words all current prefix IFS=$' \t\n'
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current="${words[${#words[@]} - 1]}"
  IFS=$'\n'
  all=($(authd __complete "${words[@]:1}" 2> /dev/null))
  if [[ ${all[0]} == ::files ]]; then
    all=($(compgen -f -- "$current"))
    compopt -o filenames 2> /dev/null
  fi
  prefix="${current%"${current##*[:=@]}"}"
  COMPREPLY=("${all[@]#"$prefix"}")
}
complete -F _authd authd
)";

// The user sources this, or zsh finds it in its fpath as _authd. In the second case zsh runs it for
// the first time during a completion, so it must answer that completion.
constexpr const char* kZsh = R"(#compdef authd
_authd() {
  local -a all
  all=("${(@f)$(authd __complete "${(@)words[2,CURRENT]}" 2> /dev/null)}")
  if [[ "$all[1]" == "::files" ]]; then
    _files
  else
    compadd -- ${all:#}
  fi
}
if [[ "$funcstack[1]" == _authd ]]; then
  _authd "$@"
else
  autoload -U +X compinit && (( $+functions[compdef] )) || compinit
  compdef _authd authd
fi
)";

constexpr const char* kFish = R"(function __authd_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l all (authd __complete $words[2..-1] "$current" 2> /dev/null)
  if test "$all[1]" = "::files"
    __fish_complete_path "$current"
  else
    printf '%s\n' $all
  end
end
complete -c authd -f -a '(__authd_complete)'
)";

}  // namespace

void add_completion(const Subcommand& app, Command& command) {
  const Subcommand group =
      app.add_subcommand("completion", "Print shell completion: bash, zsh, fish");
  group.require_subcommand();
  for (const auto& [name, script] :
       {std::pair("bash", kBash), std::pair("zsh", kZsh), std::pair("fish", kFish)}) {
    const Subcommand sub = group.add_subcommand(name, std::string("For ") + name);
    sub.callback([&command, script = script] {
      command.action = [&command, script]() -> Result<void> {
        command.print(script);
        return {};
      };
    });
  }
}

void add_help(const Subcommand& app, Command& command) {
  const Subcommand sub = app.add_subcommand("help", "Describe a command: authd help user add");
  sub.callback([&command] { command.action = [] { return Result<void>(); }; });
}

}  // namespace authd::cli
