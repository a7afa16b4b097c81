#include "corpus/inspect_options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <vector>

#include "base/error.h"
#include "config/override.h"

namespace automodel::corpus {
namespace {

const std::vector<std::string> kOwn = {
    "--help",       "--config", "--dataset", "--tokenizer", "--target", "--keys", "--disable",
    "--max-tokens", "--show",   "--rows",    "--json",      "--strict", "--html", "--version"};

void add_options(CLI::App& app, InspectOptions& options) {
  app.add_option("recipe", options.recipe, "Recipe whose data sets are looked at");
  app.add_option("--dataset", options.paths,
                 "Without a recipe: data files, folders or patterns; needs --tokenizer");
  app.add_option("--tokenizer", options.tokenizer, "Folder with tokenizer.json");
  app.add_option("--target", options.target, "Kind of data set, as _target_ in a recipe");
  app.add_option("--keys", options.keys, "Further keys of the data set section, as JSON");
  app.add_option("--max-tokens", options.max_tokens, "The model's limit");
  app.add_option("--disable", options.disabled, "Names of checks that are not made");
  app.add_option("--show", options.num_shown, "Rows to show of each data set");
  app.add_option("--rows", options.max_rows,
                 "Rows to look at, evenly spread over the data set; 0: all");
  app.add_flag("--json", options.json, "Print every row's ids and labels, one JSON object a line");
  app.add_flag("--strict", options.strict, "Warnings count as errors");
  app.add_option("--html", options.html, "Write a page with the same into this file");
  app.footer(
      "Example: automodel data recipe.yaml --dataset.seq_length 512 --html data.html\n"
      "Recipe keys can be overridden: --section.key VALUE.");
}

}  // namespace

std::optional<InspectOptions> read_inspect_options(Arguments arguments) {
  InspectOptions options;
  CLI::App app("Shows what a model would be trained on and checks it", "automodel data");
  add_options(app, options);
  auto split = config::split_overrides(arguments, kOwn);
  if (!parse_arguments(app, split.own)) {
    return std::nullopt;
  }
  options.overrides = std::move(split.overrides);
  check(options.recipe.empty() != options.paths.empty(), ErrorKind::invalid_argument,
        "give either a recipe or files: automodel data RECIPE.yaml, or automodel data --dataset "
        "FILES --tokenizer FOLDER");
  check(options.recipe.empty() != options.tokenizer.empty(), ErrorKind::invalid_argument, "{}",
        options.recipe.empty()
            ? "--dataset needs --tokenizer, a folder with tokenizer.json"
            : "--tokenizer goes with --dataset; in a recipe the key is dataset.tokenizer");
  check(options.overrides.empty() || !options.recipe.empty(), ErrorKind::invalid_argument,
        "'{}' is neither an option nor a key of a recipe, as no recipe is given; keys of the data "
        "set go into --keys",
        options.overrides.empty() ? "" : options.overrides.front());
  return options;
}

std::string path_key(const std::string& target) {
  constexpr std::array<std::pair<std::string_view, const char*>, 7> kKeys = {
      {{"make_squad_dataset", "dataset_name"},
       {"make_xlam_dataset", "dataset_name"},
       {"make_seq2seq_dataset", "dataset_name"},
       {"make_agent_chat_dataset", "path"},
       {"MegatronPretraining", "paths"},
       {"NanogptDataset", "file_pattern"},
       {"HellaSwag", "path_or_dataset"}}};
  for (const auto& [ending, key] : kKeys) {
    if (target.ends_with(ending)) {
      return key;
    }
  }
  return "path_or_dataset_id";
}

}  // namespace automodel::corpus
