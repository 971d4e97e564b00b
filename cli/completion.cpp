// roost completion bash|zsh|fish: a script made from the table of subcommands.
#include <fmt/format.h>

#include <algorithm>
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

std::string_view first_word(std::string_view name) {
  return name.substr(0, name.find(' '));
}

// What may come after these words: commands, or the second words of a family of commands.
std::string words_after(std::string_view family) {
  std::vector<std::string> words;
  for (const auto& command : commands()) {
    std::string_view name = command.name;
    if (!family.empty()) {
      if (first_word(name) != family) continue;
      name.remove_prefix(family.size() + 1);
    }
    const std::string word(first_word(name));
    if (std::ranges::find(words, word) == words.end()) words.push_back(word);
  }
  return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> families() {
  std::vector<std::string> result;
  for (const auto& command : commands()) {
    const std::string word(first_word(command.name));
    if (word == command.name || std::ranges::find(result, word) != result.end()) continue;
    result.push_back(word);
  }
  return result;
}

std::string bash() {
  std::string options;
  std::string values;
  std::string seconds;
  for (const auto& family : families()) {
    seconds += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                           family, words_after(family));
  }
  for (const auto& command : commands()) {
    std::string list = "--help";
    each_option(command, [&](const Option& option) {
      list += " --" + option.name;
      if (!option.choice_list.empty()) {
        values +=
            fmt::format("    '{}':--{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                        command.name, option.name, fmt::join(option.choice_list, " "));
      }
    });
    options += fmt::format("    '{}') options='{}' ;;\n", command.name, list);
  }
  return fmt::format(R"(# bash completion for roost; made by `roost completion bash`
_roost() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= options= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      -*) ;;
      {}) command=${{COMP_WORDS[i]}} ;;
      *) command=${{command:+$command }}${{COMP_WORDS[i]}}; break ;;
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
{}{}  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}}
complete -o filenames -F _roost roost
)",
                     fmt::join(families(), "|"), words_after(""), values, seconds, options);
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

// What completes the options and arguments of one command, for `_arguments`.
std::string zsh_arguments(const Command& command) {
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
  return fmt::format(
      "_arguments{} {}", specs,
      command.name == "completion" ? "'1:SHELL:(bash zsh fish)'" : "'*:file:_files'");
}

std::string zsh() {
  std::string list;
  std::string cases;
  for (const auto& command : commands()) {
    if (first_word(command.name) != command.name) continue;
    list +=
        "    " + shell_quoted(std::string(command.name) + ":" + zsh_text(command.summary)) + "\n";
    cases += fmt::format("    {}) {} ;;\n", command.name, zsh_arguments(command));
  }
  for (const auto& family : families()) {
    list += fmt::format("    '{}:one of {}'\n", family, words_after(family));
    cases += fmt::format("    {}) case $words[2] in\n", family);
    for (const auto& command : commands()) {
      if (!command.name.starts_with(family + " ")) continue;
      cases += fmt::format("      {}) shift words; (( CURRENT-- )); {} ;;\n",
                           command.name.substr(family.size() + 1), zsh_arguments(command));
    }
    cases += fmt::format("      *) compadd {} ;;\n    esac ;;\n", words_after(family));
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
  for (const auto& family : families()) {
    result += fmt::format("complete -c roost -n __fish_use_subcommand -f -a {} -d 'one of {}'\n",
                          family, words_after(family));
  }
  for (const auto& command : commands()) {
    const auto first = first_word(command.name);
    std::string seen = fmt::format("__fish_seen_subcommand_from {}", first);
    if (first == command.name) {
      result += fmt::format("complete -c roost -n __fish_use_subcommand -f -a {} -d {}\n", first,
                            shell_quoted(command.summary));
    } else {
      const auto second = command.name.substr(first.size() + 1);
      result += fmt::format("complete -c roost -n '{}' -f -a {} -d {}\n", seen, second,
                            shell_quoted(command.summary));
      seen += fmt::format("; and __fish_seen_subcommand_from {}", second);
    }
    each_option(command, [&](const Option& option) {
      result += fmt::format("complete -c roost -n '{}' -l {}", seen, option.name);
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
