#pragma once
// The tensors of a model by name, with what the rest of the program must know about each.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ops/linear.h"
#include "spec/lora_modules.h"

namespace automodel::nn {

using at::Tensor;

/// Which part of the global tensor this rank holds; the whole of it, as long as one process trains.
/// What will have to know of parallelism is to read this and nothing else.
struct ShardLayout {
  struct Slice {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool operator==(const Slice&) const = default;
  };
  std::vector<std::int64_t> global_shape;
  std::vector<Slice> slices;              // of each dimension
  std::vector<std::string> replica_axes;  // mesh axes along which other ranks hold the same slice
  static ShardLayout whole(const std::vector<std::int64_t>& shape);
  bool operator==(const ShardLayout&) const = default;
};

struct Parameter {
  spec::ParamSpec spec;
  ShardLayout layout;
  Tensor value;  // a leaf; requires_grad says whether it is trained
};

/// What all LoRA adapters of a model share. Those of a file may have single layers of another rank
/// and scale.
struct LoraOptions {
  std::int64_t rank = 0;
  double scale = 1;  // alpha / rank, or alpha / sqrt(rank) for rsLoRA
  double dropout = 0;
  bool dropout_after = false;
  bool operator==(const LoraOptions&) const = default;
};

/// Which parameters are the adapter of a linear layer; layers that are one module share their A.
struct AdapterNames {
  std::string a, b;
  double scale = 1;
};

/// All parameters in forward order, adapters behind them.
class Parameters {
 public:
  /// Throws Error(internal) for a second parameter of the same name.
  void add(spec::ParamSpec spec, Tensor value);

  bool contains(const std::string& name) const { return index_.contains(name); }
  /// Throws Error(internal) if there is none of this name.
  const Tensor& at(const std::string& name) const;
  /// The tensor, or an undefined one.
  Tensor find(const std::string& name) const;
  /// The linear layer `<prefix>.weight`, with its bias and its adapter if it has one.
  ops::Linear linear(const std::string& prefix) const;
  /// The adapter beside `<prefix>.weight`; none: it has none.
  std::optional<ops::Adapter> adapter(const std::string& prefix) const;
  std::optional<AdapterNames> adapter_names(const std::string& prefix) const;

  /// Puts an adapter beside the weights of a module: a in its a_shape, for each of its pieces a b.
  void add_adapter(const spec::LoraModule& module, const Tensor& a, const std::vector<Tensor>& b,
                   double scale);

  const std::vector<Parameter>& all() const { return parameters_; }
  std::vector<Parameter>& all() { return parameters_; }
  /// Those that require a gradient.
  std::vector<Parameter> trained() const;
  /// Those, and buffers that training may move without one, also if this part of it does not: what
  /// a checkpoint of a run must hold.
  std::vector<Parameter> changing() const;

  /// Moves every value to this device; which are trained stays.
  void to(const at::Device& device);

  const LoraOptions& lora() const { return lora_; }
  void set_lora(const LoraOptions& options) { lora_ = options; }

 private:
  std::vector<Parameter> parameters_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::map<std::string, AdapterNames, std::less<>> adapters_;  // by prefix
  LoraOptions lora_;
};

/// Names of the adapter matrices: A by the module's name, B by the linear layer's.
std::string lora_a_name(const std::string& module);
std::string lora_b_name(const std::string& prefix);

/// The type that a parameter has in a model of this type: `wanted`, or float32 if it must not be
/// rounded so.
at::ScalarType loaded_dtype(const spec::ParamSpec& param, at::ScalarType wanted);

/// A fresh value by the spec's rules, rounded to `dtype` where it allows that. Drawn from a
/// counter-based stream keyed by (seed, name): the same on any number of ranks.
Tensor initial_value(const spec::ParamSpec& param, at::ScalarType dtype, std::uint64_t seed);

/// Fresh values of all parameters.
Parameters initialise(const spec::ModelSpec& model, at::ScalarType dtype, std::uint64_t seed);

}  // namespace automodel::nn
