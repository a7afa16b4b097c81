#include "spec/lora_modules.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace automodel::spec {
namespace {

constexpr std::string_view kWeight = ".weight";

bool is_feed_forward(Role role) {
  return role == Role::mlp || role == Role::router || role == Role::experts ||
         role == Role::shared_experts;
}

std::vector<std::int64_t> shape_of(const LoraModule& module, std::int64_t rows,
                                   std::int64_t columns) {
  std::vector<std::int64_t> shape = {rows, columns};
  if (module.weight.seen_as.size() == 3) {
    shape.insert(shape.begin(), module.weight.seen_as[0]);
  }
  return shape;
}

class ModuleBuilder {
 public:
  ModuleBuilder(const std::vector<ParamSpec>& parameters, const WeightNames& names)
      : names_(names) {
    is_routed_ = std::ranges::any_of(names.loaded, [](const Rename& rename) {
      return rename.ours.find("{}") != std::string::npos;
    });
    for (const auto& param : parameters) {
      parameters_.emplace(param.name, &param);
      is_routed_ = is_routed_ || param.role == Role::experts;
    }
  }

  bool is_linear(const StoredTensor& tensor) const {
    return parameters_.at(tensor.pieces.front().ours)->is_linear;
  }

  LoraModule build(StoredTensor tensor) const {
    const ParamSpec& first = *parameters_.at(tensor.pieces.front().ours);
    check(!tensor.pieces.front().entry, ErrorKind::internal,
          "{}: Transformers has no such module for each expert", tensor.name);
    LoraModule module;
    module.name = without_weight(tensor.name);
    module.owner = tensor.name.substr(0, tensor.name.rfind('.'));
    module.in = tensor.seen_as.back();
    module.role = first.role;
    module.layer = first.layer;
    module.as_parameter =
        is_routed_ && (is_feed_forward(first.role) || module.name.ends_with(".gate_proj"));
    module.is_swapped = has_any_part(tensor.name, names_.untold);
    module.weight = std::move(tensor);
    return module;
  }

 private:
  const WeightNames& names_;
  std::map<std::string, const ParamSpec*> parameters_;
  bool is_routed_ = false;  // its type's files may have experts, or this model has some
};

}  // namespace

std::int64_t LoraModule::experts() const {
  return weight.seen_as.size() == 3 ? weight.seen_as[0] : 1;
}

std::vector<std::int64_t> LoraModule::a_shape(std::int64_t rank) const {
  return shape_of(*this, rank, in);
}

std::vector<std::int64_t> LoraModule::b_shape(std::int64_t rank) const {
  return shape_of(*this, weight.seen_as[weight.seen_as.size() - 2], rank);
}

std::vector<std::int64_t> LoraModule::b_shape(std::int64_t rank, const Piece& piece) const {
  return shape_of(*this, weight.groups * (piece.end - piece.begin), rank);
}

std::string without_weight(const std::string& name) {
  return name.ends_with(kWeight) ? name.substr(0, name.size() - kWeight.size()) : name;
}

std::string last_name(const std::string& name) { return name.substr(name.rfind('.') + 1); }

std::vector<LoraModule> lora_modules(const std::vector<ParamSpec>& parameters,
                                     const WeightNames& names) {
  const auto own_names = in_memory(names);
  const ModuleBuilder builder(parameters, own_names);
  std::vector<LoraModule> out;
  for (auto& tensor : weight_map(parameters, own_names)) {
    if (builder.is_linear(tensor)) {
      out.push_back(builder.build(std::move(tensor)));
    }
  }
  return out;
}

}  // namespace automodel::spec
