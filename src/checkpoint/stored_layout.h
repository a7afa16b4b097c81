#pragma once
// Between parameters and the tensors that a checkpoint stores, by the table of spec/weight_map.h.

#include <ATen/core/TensorBody.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "spec/weight_map.h"

namespace automodel::checkpoint {

using at::Tensor;

/// Reads one stored tensor.
using ReadTensor = std::function<Tensor(const std::string& name)>;
/// The value of a piece's parameter, or of the entry of it that the piece names.
using PieceValue = std::function<Tensor(const spec::Piece& piece)>;

/// The entry of its parameter that the piece names, as a view; the parameter itself if it names
/// none.
Tensor entry_of(const Tensor& parameter, const spec::Piece& piece);

class StoredLayout {
 public:
  StoredLayout() = default;
  explicit StoredLayout(std::vector<spec::StoredTensor> tensors);

  const std::vector<spec::StoredTensor>& tensors() const { return tensors_; }
  /// The names of the tensors that hold the parameter, in its order. Throws Error(internal) for an
  /// unknown one.
  std::vector<std::string> stored_names(const std::string& parameter) const;

  /// The parameter's value: a view of what `stored` returned where it is one contiguous piece, else
  /// memory of its own.
  Tensor to_parameter(const spec::ParamSpec& parameter, const ReadTensor& stored) const;
  /// The stored tensor made of its parameters' values; the value itself where nothing changes.
  Tensor to_stored(const std::string& name, const PieceValue& value) const;

 private:
  struct Place {
    std::size_t tensor = 0;
    std::size_t piece = 0;
  };
  std::vector<spec::StoredTensor> tensors_;
  std::map<std::string, std::size_t> by_name_;
  std::map<std::string, std::vector<Place>> places_;  // by parameter
};

}  // namespace automodel::checkpoint
