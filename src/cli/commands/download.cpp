#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/command_line.h"
#include "base/hub_cache.h"
#include "base/terminal.h"
#include "cli/commands/commands.h"
#include "hub/fetch.h"

namespace automodel::cli {
namespace {

hub::Selection selection_of(RepoKind kind, std::vector<std::string> files) {
  if (!files.empty()) {
    return {.need = hub::Need::pattern, .patterns = std::move(files)};
  }
  return {.need = kind == RepoKind::model ? hub::Need::model : hub::Need::all};
}

struct DownloadLine {
  static constexpr const char* kName = "download";
  static constexpr const char* kSummary = "Download a model or data set from the hub";

  HubRepo repo;
  std::string kind = "model";
  std::vector<std::string> files;

  void declare(CLI::App& app) {
    app.description(
        "Downloads a model or data set from the hub into the cache that huggingface_hub shares, "
        "and prints its folder. What an interrupted download has brought is used by the next one. "
        "HF_TOKEN, HF_HOME, HF_ENDPOINT and HTTPS_PROXY are honoured");
    app.add_option("repository", repo.id, "name on the hub: org/name")->required();
    app.add_option("files", files,
                   "names of files, '*' for any text; default: of a model its configuration, "
                   "tokenizer and weights in one format, of a data set everything");
    app.add_option("--revision", repo.revision, "branch, tag or commit")->capture_default_str();
    app.add_option("--repo-type", kind, "model or dataset")
        ->check(CLI::IsMember({"model", "dataset"}))
        ->capture_default_str();
    app.footer("Example: automodel download HuggingFaceTB/SmolLM2-135M-Instruct");
  }
};

ExitCode run_download(const DownloadLine& line, Arguments) {
  HubRepo repo = line.repo;
  repo.kind = line.kind == "model" ? RepoKind::model : RepoKind::dataset;
  hub::Progress progress(stderr, rewrites_lines(STDERR_FILENO));
  const auto folder =
      hub::fetch(repo, selection_of(repo.kind, line.files), hub::read_settings(), progress);
  fmt::print("{}\n", folder.string());
  return ExitCode::ok;
}

}  // namespace

Command download_command() { return make_command<DownloadLine>(run_download); }

}  // namespace automodel::cli
