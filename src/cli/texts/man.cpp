#include "cli/texts/man.h"

#include <fmt/format.h>

#include <array>

#include "base/exit_code.h"
#include "base/text.h"

namespace automodel::cli {
namespace {

/// A line of text: no character of it is a request, and hyphens are those of the keyboard.
std::string plain(std::string text) {
  text = replace_all(replace_all(text, "\\", "\\e"), "-", "\\-");
  const bool is_request = text.starts_with('.') || text.starts_with('\'');
  return (is_request ? "\\&" : "") + text;
}

std::string bold(const std::string& text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + plain(text) + "\\fR"; }

std::string option_head(const OptionText& option) {
  if (option.is_place()) {
    return italic(option.place) + (option.repeats ? " ..." : "");
  }
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back(bold(name));
  }
  const std::string value = !option.takes_value      ? ""
                            : option.choices.empty() ? " " + italic("VALUE")
                                                     : " " + italic(join(option.choices, "|"));
  return join(names, ", ") + value + (option.repeats ? " ..." : "");
}

std::string option_part(const OptionText& option) {
  const bool is_choice = option.is_place() && !option.choices.empty();
  std::string text = option.description + (is_choice ? ": " + join(option.choices, ", ") : "");
  text += option.fallback.empty() ? "" : fmt::format(" (default: {})", option.fallback);
  return fmt::format(".TP\n{}\n{}\n", option_head(option), plain(text));
}

std::string command_part(const CommandText& command) {
  std::string out = fmt::format(".SS {}\n{}\n.PP\n{}\n", plain(synopsis(command).substr(10)),
                                plain(command.summary) + ".", plain(command.description));
  for (const OptionText& option : command.options) {
    out += option_part(option);
  }
  return out + fmt::format(".PP\nExample:\n.PP\n.EX\n    {}\n.EE\n", plain(command.example));
}

struct Variable {
  const char* names;
  const char* meaning;
};

constexpr std::array<Variable, 15> kVariables = {{
    {"AUTOMODEL_CACHE",
     "folder of tokenized rows and of configurations of classes; else automodel in XDG_CACHE_HOME, "
     "else ~/.cache/automodel"},
    {"AUTOMODEL_ISA",
     "instruction set of the kernels: reference, avx2, avx512, avx512_bf16 or amx_bf16; else the "
     "best that the processor has, up to avx512_bf16"},
    {"OMP_NUM_THREADS", "threads; else the cores that the process may use"},
    {"OMP_WAIT_POLICY, GOMP_SPINCOUNT",
     "how threads wait for each other; else those that wait sleep soon"},
    {"CUDA_VISIBLE_DEVICES", "the GPUs that may be used"},
    {"NO_COLOR", "if set, text is not coloured"},
    {"HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME",
     "the cache of models and data sets: the first, else hub in the second, else huggingface/hub "
     "in the third, else ~/.cache/huggingface/hub"},
    {"HF_TOKEN, HF_TOKEN_PATH",
     "the token of an account of the hub: the first, else the file that the second names, else "
     "token in HF_HOME"},
    {"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1: send no token"},
    {"HF_HUB_OFFLINE", "1: use the cache alone; nothing is asked or downloaded"},
    {"HF_ENDPOINT", "another hub, such as a mirror"},
    {"HF_HUB_DOWNLOAD_TIMEOUT", "seconds of silence after which a connection counts as broken"},
    {"https_proxy, http_proxy, all_proxy, no_proxy", "proxies, as libcurl reads them"},
    {"SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE",
     "certificates to trust instead of the system's"},
    {"WANDB_*, MLFLOW_*",
     "what the sections wandb and mlflow of a recipe leave out, as with those programs"},
}};

std::string environment_part() {
  std::string out = ".SH ENVIRONMENT\n";
  for (const Variable& variable : kVariables) {
    out += fmt::format(".TP\n{}\n{}\n", bold(variable.names), plain(variable.meaning));
  }
  return out;
}

std::string exit_part() {
  std::string out = ".SH EXIT STATUS\n";
  for (const ExitCodeText& code : exit_codes()) {
    out += fmt::format(".TP\n{}\n{}\n", static_cast<int>(code.code), plain(code.meaning));
  }
  return out;
}

}  // namespace

std::string man_page(const Program& program, const std::vector<CommandText>& commands) {
  std::string out = fmt::format(
      ".TH AUTOMODEL 1 \"\" \"{}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
      plain(program.version), program.name, plain(program.summary));
  out += fmt::format("{} {}\n.br\n{} {}\n.SH DESCRIPTION\n", bold(program.name),
                     italic("COMMAND [OPTIONS]"), bold(program.name),
                     italic("RECIPE.yaml [--section.key VALUE ...]"));
  out += plain(
             "Reads Hugging Face folders, GGUF files and the recipes of NVIDIA NeMo AutoModel; "
             "writes Hugging Face folders and PEFT adapters. The second form is that of train.") +
         "\n.SH COMMANDS\n";
  for (const CommandText& command : commands) {
    out += command_part(command);
  }
  return out + environment_part() + exit_part();
}

}  // namespace automodel::cli
