#include "spec/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "spec/describe_block.h"
#include "spec/parameters.h"

namespace automodel::spec {
namespace {

std::string line(std::string_view name, std::string_view value) {
  return fmt::format("{:<16}{}\n", name, value);
}

std::string count_text(std::int64_t count) {
  return count < 1000 ? fmt::format("{}", count)
                      : fmt::format("{} ({})", human_count(count), count);
}

/// "0-2, 4": the numbers of layers, ascending.
std::string ranges(const std::vector<std::size_t>& numbers) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) {
      ++end;
    }
    parts.push_back(end == i + 1 ? fmt::format("{}", numbers[i])
                                 : fmt::format("{}-{}", numbers[i], numbers[end - 1]));
    i = end;
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

struct Group {
  Layer layer;
  std::vector<std::size_t> numbers;
};

std::vector<Group> equal_layers(const ModelSpec& model) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const auto found = std::ranges::find(groups, model.layers[i], &Group::layer);
    if (found == groups.end()) {
      groups.push_back({model.layers[i], {i}});
    } else {
      found->numbers.push_back(i);
    }
  }
  return groups;
}

std::string layer_text(const Group& group) {
  const auto& layer = group.layer;
  std::string out =
      fmt::format("\n{} of the layers: {}\n", group.numbers.size(), ranges(group.numbers));
  out += line("  mixer", describe(layer.mixer));
  out += line("  feed-forward", describe(layer.ffn));
  out += line("  norms", fmt::format("{}: {}", describe(layer.norm), to_string(layer.placement)));
  if (layer.residual_scale != 1) {
    out += line("  branches", fmt::format("times {}", layer.residual_scale));
  }
  if (layer.residual_index) {
    out += line("  branches",
                fmt::format("weighed by depth, from addition {}", *layer.residual_index));
  }
  if (layer.input) {
    out += line("  layer input", fmt::format("{} wide, gated {}", layer.input->dim,
                                             to_string(layer.input->activation)));
  }
  if (layer.has_scalar) {
    out += line("  output", "times a fixed number of the checkpoint");
  }
  return out;
}

std::string input_text(const ModelSpec& model) {
  std::string out = line("vocabulary", fmt::format("{}", model.vocab_size));
  out += line("width", fmt::format("{}", model.dim));
  out += line("positions", fmt::format("{}", model.max_positions));
  if (model.embedding_width() != model.dim) {
    out += line("embeddings", fmt::format("{} wide, projected", model.embedding_width()));
  }
  if (model.embedding_scale != 1) {
    out += line("embeddings", fmt::format("times {}", model.embedding_scale));
  }
  if (model.layer_inputs) {
    out += line("layer inputs", fmt::format("{} wide, vocabulary {}", model.layer_inputs->dim,
                                            model.layer_inputs->vocab_size));
  }
  if (model.positions) {
    out += line("positions", fmt::format("{} learned vectors", model.positions->count));
  }
  if (model.embedding_norm) {
    out += line("embedding norm", describe(*model.embedding_norm));
  }
  return out;
}

std::string head_text(const ModelSpec& model) {
  std::string out = "\n";
  out += line("final norm", model.has_final_norm ? describe(model.final_norm) : "none");
  if (model.head_transform) {
    out += line("head transform",
                fmt::format("dense, {}, {}", to_string(model.head_transform->activation),
                            describe(model.head_transform->norm)));
  }
  out +=
      line("head",
           model.is_classifier()
               ? fmt::format("tells one of {} classes from the last token", model.num_labels)
               : fmt::format("{}{}", model.tied_head ? "the embedding's weight" : "its own weight",
                             model.head_bias ? ", bias" : ""));
  if (model.logit_scale != 1) {
    out += line("logits", fmt::format("times {}", model.logit_scale));
  }
  if (model.logit_softcap) {
    out += line("logits", fmt::format("softcap {}", *model.logit_softcap));
  }
  if (model.dropout != 0) {
    out += line("dropout", fmt::format("{} asked for, not applied", model.dropout));
  }
  return out;
}

std::string parameters_text(const ModelSpec& model) {
  std::string out = "\n" + line("parameters", count_text(num_parameters(model)));
  out += line("  per token", count_text(num_active_parameters(model)));
  std::map<Role, std::int64_t> by_role;
  for (const auto& parameter : parameters(model)) {
    by_role[parameter.role] += parameter.numel();
  }
  for (const auto& [role, count] : by_role) {
    out += line(fmt::format("  {}", to_string(role)), count_text(count));
  }
  return out;
}

std::string init_text(const Init& init) {
  if (init.std == 0) {
    return fmt::format("{}", init.constant);
  }
  std::string out = fmt::format("normal, deviation {:.4g}", init.std);
  if (init.cutoff) {
    out += fmt::format(", cut off at {} of them", *init.cutoff);
  }
  return out;
}

/// What a model from_config begins with.
std::string start_text(const ModelSpec& model) {
  std::string out = "\n" + line("fresh weights", init_text(model.init));
  for (const auto& rule : model.init_rules) {
    out += fmt::format("  {}: {}\n", rule.part, init_text(rule.init));
  }
  const auto& none = model.float32_parts;
  const auto& bfloat16 = model.float32_or_bfloat16_parts;
  if (!none.empty()) {
    out += line("always float32", fmt::format("{}", fmt::join(none, ", ")));
  }
  if (!bfloat16.empty()) {
    out += line("never float16", fmt::format("{}", fmt::join(bfloat16, ", ")));
  }
  return out;
}

}  // namespace

std::vector<std::string> block_kinds(const ModelSpec& model) {
  std::vector<std::string> kinds;
  const auto add = [&](const std::string& kind) {
    if (std::ranges::count(kinds, kind) == 0) {
      kinds.push_back(kind);
    }
  };
  for (const auto& layer : model.layers) {
    add(kind_of(layer.mixer));
  }
  for (const auto& layer : model.layers) {
    add(kind_of(layer.ffn));
  }
  for (const auto& layer : model.layers) {
    add(fmt::format("{} norms: {}", layer.norm.kind == Norm::Kind::rms ? "rms" : "layer",
                    to_string(layer.placement)));
  }
  if (model.positions) {
    add("learned positions");
  }
  if (model.layer_inputs) {
    add("per-layer embeddings");
  }
  return kinds;
}

std::string describe(const ModelSpec& model) {
  std::string out = line("model type", model.model_type);
  out += line("architecture", model.architecture);
  out += input_text(model);
  for (const auto& group : equal_layers(model)) {
    out += layer_text(group);
  }
  return out + head_text(model) + parameters_text(model) + start_text(model);
}

}  // namespace automodel::spec
