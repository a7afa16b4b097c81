#pragma once
// How a checkpoint stores the parameters of a spec: under which names, fused, transposed or one
// expert a tensor. A table of pure data, read forwards to load and backwards to save.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/parameters.h"

namespace automodel::spec {

/// A dotted part of a parameter's name and what stands there on disk. "{}" in `theirs` stands for
/// an index of the parameter's first dimension, each of whose entries is a tensor of its own.
struct Rename {
  std::string ours;
  std::string theirs;
};

/// Fused rows of a stored tensor that lie group by group: all of the first group's parts, then the
/// second's.
struct Groups {
  std::string theirs;  // a dotted part of the stored name
  std::int64_t count = 1;
};

/// The naming of a family. Rules apply in order, each to the result of those before it. Parameters
/// that end under one name are one tensor on disk: their rows behind each other, in the order of
/// the rules that named them.
struct WeightNames {
  std::vector<Rename> renames;
  std::vector<Groups> groups;
  std::vector<std::string>
      transposed;  // dotted parts of stored names: [in, out] instead of [out, in]
  std::vector<std::string> flattened = {};  // likewise: the first two dimensions are one
  std::vector<std::string> as_row = {};     // likewise: a vector is a matrix of one row
  std::vector<std::string> ignored = {};    // likewise: tensors that the model does not use
  std::vector<std::string> optional = {};   // likewise: buffers, zero where the files lack them
  std::string body_prefix =
      {};  // of stored names, absent in files of a model without its head; empty: "model."
  /// From stored names to those that Transformers has in memory, where loading renames or fuses.
  std::vector<Rename> loaded = {};
  /// Dotted parts of those names: transposed tensors of modules without is_transposed.
  std::vector<std::string> untold = {};
};

/// The part of a parameter that one stored tensor holds.
struct Piece {
  std::string ours;
  std::optional<std::int64_t> entry;  // of the parameter's first dimension; none: all
  std::int64_t begin = 0;             // rows within each group
  std::int64_t end = 0;
  bool operator==(const Piece&) const = default;
};

struct StoredTensor {
  std::string name;
  std::vector<std::int64_t> shape;    // on disk
  std::vector<std::int64_t> seen_as;  // the same elements as the pieces see them: not transposed
  bool transposed = false;            // the last two dimensions
  std::int64_t row_axis = 0;          // of seen_as
  std::int64_t groups = 1;
  std::vector<Piece> pieces;
  bool operator==(const StoredTensor&) const = default;
};

/// The naming of the tensors as Transformers holds them in memory.
WeightNames in_memory(WeightNames names);

/// Every tensor of the checkpoint once, in the parameters' order. Throws Error(internal) for rules
/// that do not fit together.
std::vector<StoredTensor> weight_map(const std::vector<ParamSpec>& parameters,
                                     const WeightNames& names);

/// Whether one of these stands in `name` as whole dotted components.
bool has_any_part(const std::string& name, const std::vector<std::string>& parts);

/// The name with the rules applied; "{}" where an index stands.
std::string stored_name(const std::string& name, const std::vector<Rename>& renames);

}  // namespace automodel::spec
