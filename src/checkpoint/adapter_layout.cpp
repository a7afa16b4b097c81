#include "checkpoint/adapter_layout.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <set>

#include "checkpoint/stored_layout.h"

namespace automodel::checkpoint {
namespace {

/// How B's rows are put together: as the weight's, with the rank for columns.
StoredLayout b_layout(const spec::LoraModule& module, std::int64_t rank) {
  auto tensor = module.weight;
  tensor.transposed = false;
  tensor.seen_as = module.b_shape(rank);
  tensor.shape = tensor.seen_as;
  tensor.row_axis = static_cast<std::int64_t>(tensor.shape.size()) - 2;
  return StoredLayout({tensor});
}

Tensor flipped(const Tensor& matrix) { return matrix.transpose(-1, -2); }

/// "….mlp.gate.weight" -> "gate.weight", "….experts.down_proj" -> "down_proj".
std::string last_parameter_name(const std::string& name) {
  const auto module = spec::without_weight(name);
  return spec::last_name(module) + name.substr(module.size());
}

/// PEFT takes whatever is an entry or ends with "." and an entry: short names where all that end
/// so are meant, else full names.
class TargetList {
 public:
  void add(const std::string& name, const std::string& short_name, bool is_meant) {
    auto& group = groups_[short_name];
    (is_meant ? group.meant : group.others).push_back(name);
  }
  std::vector<std::string> entries() const {
    std::vector<std::string> out;
    for (const auto& [short_name, group] : groups_) {
      if (group.others.empty()) {
        out.push_back(short_name);
      } else {
        out.insert(out.end(), group.meant.begin(), group.meant.end());
      }
    }
    return out;
  }

 private:
  struct Group {
    std::vector<std::string> meant, others;
  };
  std::map<std::string, Group> groups_;
};

}  // namespace

PeftShapes peft_shapes(const spec::LoraModule& module, std::int64_t rank) {
  const auto experts = module.experts();
  const auto b = module.b_shape(rank);
  const auto out = b[b.size() - 2];
  return {.a = {experts * rank, module.is_swapped ? out : module.in},
          .b = {module.is_swapped ? module.in : out, rank * experts}};
}

PeftMatrices to_peft(const ModuleAdapter& adapter) {
  const auto& module = adapter.module;
  const auto& pieces = module.weight.pieces;
  const Tensor b =
      b_layout(module, adapter.rank()).to_stored(module.weight.name, [&](const spec::Piece& piece) {
        const auto at = std::ranges::find(pieces, piece) - pieces.begin();
        return adapter.b.at(static_cast<std::size_t>(at));
      });
  const Tensor x = module.is_swapped ? flipped(b) : adapter.a;
  const Tensor y = module.is_swapped ? flipped(adapter.a) : b;
  return {.a = x.reshape({-1, x.size(-1)}),
          .b = y.dim() == 3 ? y.permute({1, 2, 0}).flatten(1) : y};
}

ModuleAdapter from_peft(const spec::LoraModule& module, const PeftMatrices& matrices,
                        std::int64_t rank) {
  Tensor x = matrices.a;
  Tensor y = matrices.b;
  if (module.weight.seen_as.size() == 3) {
    x = x.unflatten(0, {-1, rank});
    y = y.unflatten(1, {rank, -1}).permute({2, 0, 1});
  }
  const Tensor b = (module.is_swapped ? flipped(x) : y).contiguous();
  ModuleAdapter out{
      .module = module, .a = (module.is_swapped ? flipped(y) : x).contiguous(), .b = {}};
  const auto layout = b_layout(module, rank);
  for (const auto& piece : module.weight.pieces) {
    out.b.push_back(layout.to_parameter({.name = piece.ours, .shape = module.b_shape(rank, piece)},
                                        [&](const std::string&) { return Tensor(b); }));
  }
  return out;
}

std::vector<std::string> peft_prefixes(std::span<const spec::LoraModule> adapted) {
  std::map<std::string, std::string> next;
  std::vector<std::string> prefixes(adapted.size());
  for (auto i = adapted.size(); i-- > 0;) {
    auto& prefix = next.try_emplace(adapted[i].owner, adapted[i].owner).first->second;
    prefixes[i] = prefix;
    prefix += ".base_layer";
  }
  return prefixes;
}

PeftTargets peft_targets(std::span<const spec::LoraModule> all,
                         std::span<const spec::LoraModule> adapted) {
  std::set<std::string> names;
  std::ranges::transform(adapted, std::inserter(names, names.end()), &spec::LoraModule::name);
  TargetList modules, parameters;
  for (const auto& module : all) {
    const bool is_meant = names.contains(module.name);
    modules.add(module.name, spec::last_name(module.name), is_meant && !module.as_parameter);
    parameters.add(module.weight.name, last_parameter_name(module.weight.name),
                   is_meant && module.as_parameter);
  }
  return {modules.entries(), parameters.entries()};
}

}  // namespace automodel::checkpoint
