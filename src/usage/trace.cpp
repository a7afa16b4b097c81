#include "usage/trace.h"

#include <CLI/CLI.hpp>

#include "usage/revision.h"

namespace automodel::usage {

void Trace::declare(CLI::App& app) {
  app.description("Writes logits, loss, gradients and trained weights of given batches");
  app.add_option("model", model, "Hugging Face folder, hub id or .gguf file")->required();
  app.add_option("batch", batch, "safetensors file with VARIANT.input_ids, .labels, ...")
      ->required();
  app.add_option("out", out, "safetensors file to write")->required();
  declare_revision(app, revision, model);
  app.add_option("--dtype", dtype, "of weights and arithmetic: float32 or bfloat16");
  app.add_option("--device", device, "cpu, cuda, cuda:N or auto");
  app.add_option("--experts", experts,
                 "chosen: also write the experts of each token; given: take those that the batch "
                 "has for it")
      ->check(CLI::IsMember({"unnamed", "chosen", "given"}));
  app.add_flag("--recompute{full}", recompute,
               "what the backward computes again: full (whole blocks) or selective")
      ->check(CLI::IsMember({"off", "selective", "full"}));
  app.footer("Example: automodel trace model batch.safetensors trace.safetensors");
}

}  // namespace automodel::usage
