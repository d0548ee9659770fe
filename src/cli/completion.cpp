// authd completion bash|zsh|fish: generated from the commands themselves, so it always matches
// them.
#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"

namespace authd::cli {
namespace {

struct Words {
  std::string path;                // "user add"
  std::vector<std::string> words;  // subcommands and flags
};

void collect(const CLI::App& app, const std::string& path, std::vector<Words>& all) {
  Words here{path, {}};
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    here.words.push_back(sub->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      here.words.push_back("--" + name);
  }
  all.push_back(here);
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), all);
  }
}

// The command words before the cursor, without flags, select the list.
std::string bash_script(const std::vector<Words>& all) {
  std::string script =
      "_authd() {\n"
      "  local word path=\"\" words=\"\" i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=\"${COMP_WORDS[i]}\"\n"
      "    [[ $word == -* ]] || path=\"${path:+$path }$word\"\n"
      "  done\n"
      "  case \"$path\" in\n";
  for (const Words& one : all) {
    script += "    \"" + one.path + "\") words=\"" + joined(one.words, " ") + "\" ;;\n";
  }
  script +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "}\n"
      "complete -o default -F _authd authd\n";
  return script;
}

// The user sources this, or zsh finds it in its fpath as _authd. In the second case zsh runs it for
// the first time during a completion, so it must answer that completion.
std::string zsh_script(const std::vector<Words>& all) {
  return "#compdef authd\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(all) +
         "[[ $funcstack[1] != _authd ]] || _bash_complete -o default -F _authd\n";
}

std::string fish_script(const std::vector<Words>& all) {
  std::string script =
      "function __authd_path\n"
      "  set -l words (commandline -opc)\n"
      "  string join ' ' (string match -v -- '-*' $words[2..-1])\n"
      "end\n"
      "complete -c authd -f\n";
  for (const Words& one : all) {
    script += "complete -c authd -n 'test (__authd_path) = \"" + one.path + "\"' -a '" +
              joined(one.words, " ") + "'\n";
  }
  return script;
}

}  // namespace

void add_completion(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("completion", "Print shell completion: bash, zsh, fish");
  group->require_subcommand(1);
  for (const auto& [name, script] : {std::pair("bash", &bash_script), std::pair("zsh", &zsh_script),
                                     std::pair("fish", &fish_script)}) {
    CLI::App* sub = group->add_subcommand(name, std::string("For ") + name);
    sub->callback([&app, &command, script = script] {
      command.action = [&app, &command, script]() -> Result<void> {
        std::vector<Words> all;
        collect(app, "", all);
        command.print(script(all));
        return {};
      };
    });
  }
}

}  // namespace authd::cli
