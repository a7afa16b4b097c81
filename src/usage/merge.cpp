#include "usage/merge.h"

#include <CLI/CLI.hpp>

#include "usage/revision.h"

namespace automodel::usage {

void Merge::declare(CLI::App& app) {
  app.description("Merges a LoRA adapter into its base model and writes a Hugging Face folder");
  app.add_option("adapter", adapter, "folder with adapter_config.json, or its hub id")->required();
  app.add_option("out", out, "folder to write; must not exist or be empty")->required();
  app.add_option("--base", base, "base model, if not the one that the adapter names");
  declare_revision(app, revision, adapter, "branch, tag or commit of the adapter's hub id");
  written.declare(app);
  app.footer("Example: automodel merge runs/first/LATEST/model merged");
}

}  // namespace automodel::usage
