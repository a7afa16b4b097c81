#include "corpus/inspect_options.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/number_range.h"

namespace automodel::corpus {

void InspectOptions::declare(CLI::App& app) {
  app.description(
      "Shows what a model would be trained on and checks it: the data sets of a recipe, or files. "
      "--section.key VALUE overrides a key of the recipe");
  app.add_option("recipe", recipe, "recipe whose data sets are looked at");
  app.add_option("--dataset", paths,
                 "without a recipe: data files, folders or patterns; needs --tokenizer");
  app.add_option("--tokenizer", tokenizer,
                 "folder with a tokenizer, its file, .gguf file or hub id");
  app.add_option("--target", target, "kind of data set, as _target_ in a recipe");
  app.add_option("--keys", keys, "further keys of the data set section, as JSON");
  app.add_option("--max-tokens", max_tokens, "the model's limit")->check(above(0));
  app.add_option("--disable", disabled, "names of checks that are not made");
  app.add_option("--show", num_shown, "rows to show of each data set")->check(at_least(0));
  app.add_option("--rows", max_rows, "rows to look at, evenly spread over the data set; 0: all")
      ->check(at_least(0));
  app.add_flag("--json", json,
               "print ids and labels of the training rows looked at, one JSON object a line; what "
               "the checks find goes to the standard error");
  app.add_flag("--strict", strict, "warnings count as errors");
  app.add_option("--html", html, "write a page with the same into this file");
  app.footer("Example: automodel data recipe.yaml --dataset.seq_length 512 --html data.html");
}

void check_options(const InspectOptions& options) {
  check(options.recipe.empty() != options.paths.empty(), ErrorKind::invalid_argument,
        "give either a recipe or files: automodel data RECIPE.yaml, or automodel data --dataset "
        "FILES --tokenizer FOLDER");
  check(options.recipe.empty() != options.tokenizer.empty(), ErrorKind::invalid_argument, "{}",
        options.recipe.empty()
            ? "--dataset needs --tokenizer, a folder with tokenizer.json"
            : "--tokenizer goes with --dataset; in a recipe the key is dataset.tokenizer");
  const InspectOptions defaults;
  const char* const of_files = options.target != defaults.target           ? "--target"
                               : options.keys != defaults.keys             ? "--keys"
                               : options.max_tokens != defaults.max_tokens ? "--max-tokens"
                                                                           : nullptr;
  check(options.recipe.empty() || of_files == nullptr, ErrorKind::invalid_argument,
        "{} goes with --dataset; in a recipe set keys of the data set, e.g. --dataset.seq_length "
        "512",
        of_files == nullptr ? "" : of_files);
  check(!options.json || options.html.empty(), ErrorKind::invalid_argument,
        "--json and --html exclude each other: each is the whole output");
  check(!options.json || options.num_shown == defaults.num_shown, ErrorKind::invalid_argument,
        "--json shows all rows that are looked at: leave out --show; --rows says how many");
  check(options.overrides.empty() || !options.recipe.empty(), ErrorKind::invalid_argument,
        "'{}' is neither an option nor a key of a recipe, as no recipe is given; keys of the data "
        "set go into --keys",
        options.overrides.empty() ? "" : options.overrides.front());
}

}  // namespace automodel::corpus
