#include "data/weighted_blend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "data/blend.h"
#include "data/registry.h"

namespace automodel::data {
namespace {

using Parts = std::vector<std::shared_ptr<const Dataset>>;

/// Rows until each part has given all of its own.
std::vector<BlendEntry> blend_all_rows(const Parts& parts, const std::vector<double>& weights) {
  constexpr double kMost = std::numeric_limits<std::int32_t>::max();
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  double most = 0;
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    sizes.push_back(parts[i]->size());
    most = std::max(most, std::ceil(static_cast<double>(parts[i]->size()) * sum / weights[i]));
  }
  check(most <= kMost, ErrorKind::invalid_argument,
        "with these weights {:g} rows are needed to see all rows of every part; change the "
        "weights, or set num_samples",
        most);
  return blend_by_weight(weights, static_cast<std::int64_t>(most), sizes);
}

WeightedPart read_part(Json part, std::size_t index, bool skip_invalid) {
  const std::string place = fmt::format("parts[{}]", index);
  check(part.is_object(), ErrorKind::invalid_argument,
        "{} must be a data set ({{_target_: ..., weight: 0.5, ...}}), found {}", place,
        part.dump());
  const Json target = part.value("_target_", Json());
  check(target.is_string(), ErrorKind::invalid_argument,
        "{} needs _target_, the kind of its data set", place);
  const Json weight = part.value("weight", Json(1.0));
  check(weight.is_number() && weight.get<double>() > 0, ErrorKind::invalid_argument,
        "{}.weight must be a number above 0, found {}", place, weight.dump());
  for (const char* key : {"tokenizer", "skip_invalid_samples"}) {
    check(!part.contains(key), ErrorKind::invalid_argument,
          "{}.{}: one serves all parts; set it beside `parts`", place, key);
  }
  part.erase("_target_");
  part.erase("weight");
  if (skip_invalid) {
    part["skip_invalid_samples"] = true;
  }
  return {
      .target = target.get<std::string>(), .keys = std::move(part), .weight = weight.get<double>()};
}

/// The row of a part of `size` rows that the entry `at` of `count` is: whole passes over the part,
/// then rows that are evenly spread over it, so that no end of a sorted file is preferred.
std::int64_t spread_row(std::int64_t at, std::int64_t size, std::int64_t count) {
  const std::int64_t rest = count % size;
  const std::int64_t behind_passes = at - (count - rest);
  return behind_passes < 0 ? at % size : behind_passes * size / rest;
}

}  // namespace

std::unique_ptr<const Dataset> make_weighted_blend(const WeightedBlendOptions& options,
                                                   const TextContext& context) {
  Parts parts;
  std::vector<double> weights;
  for (std::size_t i = 0; i < options.parts.size(); ++i) {
    const ErrorContext frame("preparing parts[{}]", i);
    parts.push_back(make_dataset(options.parts[i].target, options.parts[i].keys, context));
    weights.push_back(options.parts[i].weight);
  }
  auto entries = options.num_samples ? blend_by_weight(weights, *options.num_samples)
                                     : blend_all_rows(parts, weights);
  std::vector<std::int64_t> counts(parts.size());
  for (const BlendEntry& entry : entries) {
    ++counts[static_cast<std::size_t>(entry.part)];
  }
  for (BlendEntry& entry : entries) {
    const auto part = static_cast<std::size_t>(entry.part);
    entry.row = spread_row(entry.row, parts[part]->size(), counts[part]);
  }
  return make_blend(std::move(parts), std::move(entries));
}

WeightedBlendOptions read_weighted_blend_options(Keys& keys) {
  const Json parts = keys.any("parts");
  check(parts.is_array() && !parts.empty(), ErrorKind::invalid_argument,
        "parts must be a list of data sets, found {}", parts.dump());
  const bool skip_invalid = read_source_options(keys).skip_invalid;
  WeightedBlendOptions options;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    options.parts.push_back(read_part(parts[i], i, skip_invalid));
  }
  options.num_samples = keys.maybe_integer("num_samples");
  check(options.num_samples.value_or(1) > 0, ErrorKind::invalid_argument,
        "num_samples must be at least 1, found {}", options.num_samples.value_or(1));
  return options;
}

std::vector<Json> with_parts(const Json& section_keys) {
  std::vector<Json> out = {section_keys};
  for (const Json& part : section_keys.value("parts", Json::array())) {
    out.push_back(part);
  }
  return out;
}

}  // namespace automodel::data
