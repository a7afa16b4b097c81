// What tests/parity/test_adapter.py calls.
//     adapter_tool write MODEL ADAPTER OUT LAYER    writes an adapter of random matrices, as a
//                                                   training checkpoint does, on all linear layers
//                                                   ("all") or those of one block (its number), and
//                                                   then does as read
//     adapter_tool read MODEL ADAPTER OUT           writes OUT/logits.safetensors, of the tokens 8
//                                                   to 23, and the gradients of their mean loss as
//                                                   if they were an adapter

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "base/error.h"
#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "checkpoint/model_state.h"
#include "nn/decoder.h"
#include "tensor/safetensors_writer.h"

namespace automodel::checkpoint {
namespace {

constexpr std::int64_t kRank = 3;
constexpr std::int64_t kTokens = 16;

PeftAdapter random_adapter(std::span<const spec::LoraModule> modules, std::string_view layer) {
  at::manual_seed(5);
  std::vector<spec::LoraModule> adapted;
  std::ranges::copy_if(modules, std::back_inserter(adapted), [&](const spec::LoraModule& module) {
    return layer == "all" || layer == std::to_string(module.layer);
  });
  PeftAdapter adapter{
      .path = "", .config = {.rank = kRank, .alpha = 10, .dropout = 0.05}, .layers = {}};
  const auto prefixes = peft_prefixes(adapted);
  for (std::size_t i = 0; i < adapted.size(); ++i) {
    const auto shapes = peft_shapes(adapted[i], kRank);
    adapter.layers.push_back({prefixes[i], 0.07 * at::randn(shapes.a), 0.07 * at::randn(shapes.b)});
    adapter.config.target_parameters.push_back(adapted[i].weight.name);
  }
  return adapter;
}

void write_adapter(const ModelFolder& source, const std::string& out, std::string_view layer) {
  const auto parameters = with_adapter(load_parameters(source, std::nullopt, Use::freeze),
                                       random_adapter(source.modules, layer), source.modules);
  std::filesystem::create_directories(out);
  write_model_state(out, source, parameters, Consolidated::yes);
}

nn::Parameters read_adapter(const ModelFolder& source, const std::string& folder) {
  auto parameters = with_adapter(load_parameters(source, std::nullopt, Use::freeze),
                                 read_peft_adapter(folder), source.modules);
  for (auto& parameter : parameters.all()) {
    if (is_adapter_name(parameter.spec.name)) {
      parameter.value = parameter.value.detach().clone().requires_grad_(true);
    }
  }
  return parameters;
}

/// Mean loss and logits; leaves the gradients in the parameters.
Tensor run(const ModelFolder& source, const nn::Parameters& parameters) {
  const nn::Decoder decoder(source.spec, parameters);
  nn::Ports ports;
  nn::LocalRunner runner;
  const Tensor ids_t = at::arange(8, 8 + kTokens);
  Tensor labels_t = ids_t + 1;
  labels_t[kTokens - 1] = ops::kIgnoreIndex;
  const nn::Tokens tokens{.ids_t = ids_t,
                          .labels_t = labels_t,
                          .positions_t = at::arange(kTokens),
                          .cu_seqlens = {0, static_cast<std::int32_t>(kTokens)}};
  const Tensor hidden_td = decoder.hidden(tokens, {}, runner, ports);
  ops::linear_cross_entropy(hidden_td, decoder.head(), labels_t, {.weight = 1.0 / (kTokens - 1)})
      .backward();
  return ops::logits(hidden_td.detach(), decoder.head());
}

nn::Parameters gradients(const nn::Parameters& parameters,
                         std::span<const spec::LoraModule> modules) {
  nn::Parameters out;
  for (const auto& module : modules) {
    if (!parameters.contains(nn::lora_a_name(module.name))) {
      continue;
    }
    std::vector<Tensor> b;
    for (const auto& piece : module.weight.pieces) {
      b.push_back(parameters.at(nn::lora_b_name(spec::without_weight(piece.ours))).grad());
    }
    out.add_adapter(module, parameters.at(nn::lora_a_name(module.name)).grad(), b,
                    parameters.lora().scale);
  }
  out.set_lora(parameters.lora());
  return out;
}

void write_results(const ModelFolder& source, const std::string& adapter,
                   const std::filesystem::path& out) {
  const auto parameters = read_adapter(source, adapter);
  std::filesystem::create_directories(out);
  const std::vector<NamedTensor> logits = {{"logits", run(source, parameters)}};
  write_safetensors(out / "logits.safetensors", logits);
  write_peft_adapter(out, gradients(parameters, source.modules), source.modules, "");
}

void run_tool(const std::vector<std::string>& words) {
  const bool writes = words.size() == 5 && words[0] == "write";
  check(writes || (words.size() == 4 && words[0] == "read"), ErrorKind::invalid_argument,
        "expected: write MODEL ADAPTER OUT LAYER, or read MODEL ADAPTER OUT");
  const auto source = open_model(words[1]);
  if (writes) {
    write_adapter(source, words[2], words[4]);
  }
  write_results(source, words[2], words[3]);
}

}  // namespace
}  // namespace automodel::checkpoint

int main(int argc, char** argv) {
  try {
    automodel::checkpoint::run_tool({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
