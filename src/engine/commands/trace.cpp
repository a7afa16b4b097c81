#include "engine/commands/trace.h"

#include <CLI/CLI.hpp>
#include <map>

#include "tensor/device.h"
#include "tensor/dtype.h"
#include "train/trace.h"

namespace automodel::engine {
namespace {

const std::map<std::string, train::TraceOptions::Experts> kExperts = {
    {"unnamed", train::TraceOptions::Experts::unnamed},
    {"chosen", train::TraceOptions::Experts::chosen},
    {"given", train::TraceOptions::Experts::given}};

ExitCode run_trace(Arguments arguments) {
  std::string model;
  std::string revision = "main";
  std::string batch;
  std::string out;
  std::string dtype = "float32";
  std::string device = "cpu";
  std::string experts = "unnamed";
  bool recompute = false;
  CLI::App app("Writes logits, loss, gradients and trained weights of given batches",
               "automodel trace");
  app.add_option("model", model, "Hugging Face folder, hub id or .gguf file")->required();
  app.add_option("batch", batch, "safetensors file with VARIANT.input_ids, .labels, ...")
      ->required();
  app.add_option("out", out, "safetensors file to write")->required();
  app.add_option("--revision", revision, "branch, tag or commit of a hub id");
  app.add_option("--dtype", dtype, "of weights and arithmetic: float32 or bfloat16");
  app.add_option("--device", device, "cpu, cuda, cuda:N or auto");
  app.add_option("--experts", experts,
                 "chosen: also write the experts of each token; given: take those that the batch "
                 "has for it")
      ->check(CLI::IsMember({"unnamed", "chosen", "given"}));
  app.add_flag("--recompute", recompute, "recompute each block in the backward");
  if (parse_arguments(app, arguments)) {
    train::trace(checkpoint::open_model(model, {.revision = revision}), batch, out,
                 {.model = {.compute = dtype_from_name(dtype),
                            .recompute = recompute,
                            .device = device_from_name(device)},
                  .experts = kExperts.at(experts)});
  }
  return ExitCode::ok;
}

}  // namespace

Command trace_command() {
  return {"trace", "Write logits, loss and gradients of one batch, to compare implementations",
          run_trace};
}

}  // namespace automodel::engine
