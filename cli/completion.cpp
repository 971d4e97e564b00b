// roost completion bash|zsh|fish: a script made from the table of subcommands.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace roost::cli {
namespace {

// The options of a subcommand, those that it shares with all included.
Options options_of(const Command& command) {
  Options options{std::string(command.name)};
  static Globals globals;  // targets that are never read
  static std::vector<Run> keep;
  keep.push_back(command.setup(options));
  declare_globals(options, globals);
  return options;
}

template <class Visit>
void each_option(const Command& command, Visit visit) {
  const auto options = options_of(command);
  for (const auto& option : options.rows()) {
    if (!option.positional) visit(option);
  }
}

// Text inside single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string names() {
  std::string result;
  for (const auto& command : commands())
    result += (result.empty() ? "" : " ") + std::string(command.name);
  return result;
}

std::string bash() {
  std::string options;
  std::string values;
  for (const auto& command : commands()) {
    std::string list = "--help";
    each_option(command, [&](const Option& option) {
      list += " --" + option.name;
      if (!option.choice_list.empty()) {
        values +=
            fmt::format("    {}:--{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                        command.name, option.name, fmt::join(option.choice_list, " "));
      }
    });
    options += fmt::format("    {}) options='{}' ;;\n", command.name, list);
  }
  return fmt::format(R"(# bash completion for roost; made by `roost completion bash`
_roost() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= options= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      -*) ;;
      *) command=${{COMP_WORDS[i]}}; break ;;
    esac
  done
  if [ -z "$command" ]; then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$word"))
    return
  fi
  case $command:$before in
{}    completion:completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word")); return ;;
  esac
  case $command in
{}  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}}
complete -o filenames -F _roost roost
)",
                     names(), values, options);
}

// zsh wants ':', '[' and ']' escaped inside a specification.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh() {
  std::string list;
  std::string cases;
  for (const auto& command : commands()) {
    list +=
        "    " + shell_quoted(std::string(command.name) + ":" + zsh_text(command.summary)) + "\n";
    std::string specs;
    each_option(command, [&](const Option& option) {
      auto spec =
          fmt::format("{}--{}[{}]", option.repeated ? "*" : "", option.name, zsh_text(option.help));
      if (!option.choice_list.empty()) {
        spec += fmt::format(":{}:({})", option.metavar, fmt::join(option.choice_list, " "));
      } else if (!option.flag()) {
        spec += ":" + zsh_text(option.metavar) + ":" + (option.takes_files ? "_files" : "");
      }
      specs += " " + shell_quoted(spec);
    });
    cases +=
        fmt::format("    {}) _arguments{} {} ;;\n", command.name, specs,
                    command.name == "completion" ? "'1:SHELL:(bash zsh fish)'" : "'*:file:_files'");
  }
  return fmt::format(R"(#compdef roost
# zsh completion for roost; made by `roost completion zsh`
_roost() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
{}  esac
}}
if [ "$funcstack[1]" = _roost ]; then _roost "$@"; else compdef _roost roost; fi
)",
                     list, cases);
}

std::string fish() {
  std::string result = "# fish completion for roost; made by `roost completion fish`\n";
  for (const auto& command : commands()) {
    result += fmt::format("complete -c roost -n __fish_use_subcommand -f -a {} -d {}\n",
                          command.name, shell_quoted(command.summary));
    each_option(command, [&](const Option& option) {
      result += fmt::format("complete -c roost -n '__fish_seen_subcommand_from {}' -l {}",
                            command.name, option.name);
      if (!option.choice_list.empty()) {
        result += fmt::format(" -x -a '{}'", fmt::join(option.choice_list, " "));
      } else if (!option.flag()) {
        result += option.takes_files ? " -r -F" : " -x";
      }
      result += " -d " + shell_quoted(option.help) + "\n";
    });
  }
  return result +
         "complete -c roost -n '__fish_seen_subcommand_from completion' -x -a 'bash zsh fish'\n";
}

}  // namespace

Run setup_completion(Options& options) {
  auto shell = std::make_shared<std::string>();
  options.about(
      "Prints a script that completes roost's commands and options. Packages install it; else:\n"
      "  source <(roost completion bash)");
  options.argument("SHELL", *shell, "whose script").required().choices({"bash", "zsh", "fish"});
  options.example("roost completion bash");
  options.example("roost completion zsh");
  options.example("roost completion fish");
  return [shell](Context& context) {
    const auto text = *shell == "bash" ? bash() : *shell == "zsh" ? zsh() : fish();
    context.out.line(text.substr(0, text.size() - 1));
    context.out.result({{"shell", *shell}, {"script", text}});
    return 0;
  };
}

}  // namespace roost::cli
