#include "spec/weight_map.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace automodel::spec {
namespace {

constexpr std::string_view kIndex = "{}";

/// Where `part` stands in `name` as whole dotted components, or npos.
std::size_t find_part(const std::string& name, const std::string& part) {
  for (auto at = name.find(part); at != std::string::npos; at = name.find(part, at + 1)) {
    const auto end = at + part.size();
    if ((at == 0 || name[at - 1] == '.') && (end == name.size() || name[end] == '.')) {
      return at;
    }
  }
  return std::string::npos;
}

struct Naming {
  std::string name;
  std::vector<std::size_t> rules;  // those that changed it
};

Naming apply_rules(std::string name, const std::vector<Rename>& renames) {
  Naming out{std::move(name), {}};
  for (std::size_t i = 0; i < renames.size(); ++i) {
    const auto at = find_part(out.name, renames[i].ours);
    if (at == std::string::npos) {
      continue;
    }
    // An empty `theirs` takes the component's dot with it.
    const auto length = renames[i].ours.size() + (renames[i].theirs.empty() ? 1 : 0);
    out.name.replace(at, length, renames[i].theirs);
    out.rules.push_back(i);
  }
  return out;
}

/// The parameter's piece before its neighbours are known.
struct Part {
  Piece piece;
  std::vector<std::int64_t> shape;  // of the piece
  bool is_matrix = false;
  std::vector<std::size_t> rules;  // those that named it: the order of fused parts
};

class MapBuilder {
 public:
  explicit MapBuilder(const WeightNames& names) : names_(names) {}

  void add(const ParamSpec& param) {
    auto [name, rules] = apply_rules(param.name, names_.renames);
    Part part;
    part.piece.ours = param.name;
    part.shape = param.shape;
    part.is_matrix = param.shape.size() >= 2 && !param.name.ends_with(".bias");
    part.rules = std::move(rules);
    const auto index = name.find(kIndex);
    if (index == std::string::npos) {
      add_part(name, std::move(part));
      return;
    }
    part.shape.erase(part.shape.begin());
    part.is_matrix = part.shape.size() >= 2;
    for (std::int64_t entry = 0; entry < param.shape[0]; ++entry) {
      std::string own = name;
      own.replace(index, kIndex.size(), std::to_string(entry));
      part.piece.entry = entry;
      add_part(own, part);
    }
  }

  std::vector<StoredTensor> build() {
    std::vector<StoredTensor> out;
    for (const auto& name : order_) {
      out.push_back(fuse(name, parts_.at(name)));
    }
    return out;
  }

 private:
  void add_part(const std::string& name, Part part) {
    auto& parts = parts_[name];
    if (parts.empty()) {
      order_.push_back(name);
    }
    parts.push_back(std::move(part));
  }

  std::int64_t groups_of(const std::string& name) const {
    const auto found = std::ranges::find_if(names_.groups, [&](const Groups& groups) {
      return find_part(name, groups.theirs) != std::string::npos;
    });
    return found == names_.groups.end() ? 1 : found->count;
  }

  StoredTensor fuse(const std::string& name, std::vector<Part> parts) const {
    std::ranges::stable_sort(parts, {}, &Part::rules);
    StoredTensor out{.name = name, .groups = parts.size() == 1 ? 1 : groups_of(name)};
    out.seen_as = parts[0].shape;
    const auto dims = static_cast<std::int64_t>(out.seen_as.size());
    out.row_axis = dims - (parts[0].is_matrix ? 2 : 1);
    const auto axis = static_cast<std::size_t>(out.row_axis);
    std::int64_t row = 0;
    for (auto& part : parts) {
      auto as_first = part.shape;
      check(as_first.size() == out.seen_as.size() && as_first[axis] % out.groups == 0,
            ErrorKind::internal, "{} cannot be fused into {}", part.piece.ours, name);
      part.piece.begin = row;
      row += as_first[axis] / out.groups;
      part.piece.end = row;
      as_first[axis] = out.seen_as[axis];
      check(as_first == out.seen_as, ErrorKind::internal, "{} cannot be fused into {}",
            part.piece.ours, name);
      out.pieces.push_back(std::move(part.piece));
    }
    out.seen_as[axis] = row * out.groups;
    out.shape = out.seen_as;
    out.transposed = parts[0].is_matrix && has_any_part(name, names_.transposed);
    if (out.transposed) {
      std::swap(out.shape[out.shape.size() - 1], out.shape[out.shape.size() - 2]);
    }
    reshape(out);
    return out;
  }

  /// The shape on disk of tensors that are stored with more or fewer dimensions.
  void reshape(StoredTensor& out) const {
    if (has_any_part(out.name, names_.as_row)) {
      out.shape.insert(out.shape.begin(), 1);
    }
    if (has_any_part(out.name, names_.flattened)) {
      check(out.shape.size() > 1, ErrorKind::internal, "{} cannot be flattened", out.name);
      out.shape[1] *= out.shape[0];
      out.shape.erase(out.shape.begin());
    }
  }

  const WeightNames& names_;
  std::vector<std::string> order_;
  std::map<std::string, std::vector<Part>> parts_;
};

}  // namespace

bool has_any_part(const std::string& name, const std::vector<std::string>& parts) {
  return std::ranges::any_of(
      parts, [&](const auto& part) { return find_part(name, part) != std::string::npos; });
}

std::string stored_name(const std::string& name, const std::vector<Rename>& renames) {
  return apply_rules(name, renames).name;
}

WeightNames in_memory(WeightNames names) {
  names.renames.insert(names.renames.end(), names.loaded.begin(), names.loaded.end());
  return names;
}

std::vector<StoredTensor> weight_map(const std::vector<ParamSpec>& parameters,
                                     const WeightNames& names) {
  MapBuilder builder(names);
  for (const auto& param : parameters) {
    builder.add(param);
  }
  return builder.build();
}

}  // namespace automodel::spec
