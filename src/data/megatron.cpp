#include "data/megatron.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/known.h"
#include "base/text.h"
#include "data/blend.h"
#include "data/find_files.h"

namespace automodel::data {
namespace {

/// Megatron makes a little more of each part of a weighted blend than its share.
constexpr double kSurplus = 0.005;

constexpr std::array<const char*, 3> kSplits = {"train", "validation", "test"};

class Windows : public Dataset {
 public:
  Windows(std::shared_ptr<const IndexedTokens> tokens, SampleOrder order, std::int64_t seq_length)
      : tokens_(std::move(tokens)), order_(std::move(order)), seq_length_(seq_length) {}

  std::int64_t size() const override { return order_.size(); }

  TokenizedSample sample(std::int64_t index) const override {
    std::int64_t at = begin_of(index);
    std::int64_t missing = seq_length_ + 1;
    std::vector<std::int32_t> ids;
    ids.reserve(static_cast<std::size_t>(missing));
    for (std::size_t d = document_at(at); missing > 0; ++d) {
      const std::int64_t offset = at - order_.begins[d];
      const std::int64_t count = std::min(missing, order_.begins[d + 1] - at);
      tokens_->append(ids, order_.documents[d], offset, count);
      at += count;
      missing -= count;
    }
    return token_window(std::move(ids));
  }

  std::string location(std::int64_t index) const override {
    const std::int64_t at = begin_of(index);
    const std::size_t d = document_at(at);
    return fmt::format("{}.bin: document {} from token {} on", tokens_->prefix(),
                       order_.documents[d], at - order_.begins[d]);
  }

  std::uint64_t content_hash() const override {
    std::vector<std::int64_t> numbers(order_.documents.begin(), order_.documents.end());
    numbers.insert(numbers.end(), order_.windows.begin(), order_.windows.end());
    return hash_of(tokens_->content_hash(), hash_of_numbers(order_.begins),
                   hash_of_numbers(numbers), seq_length_);
  }

 private:
  std::int64_t begin_of(std::int64_t index) const {
    check(index >= 0 && index < size(), ErrorKind::invalid_argument,
          "sample {} of {} samples does not exist", index, size());
    return order_.windows[static_cast<std::size_t>(index)] * seq_length_;
  }
  std::size_t document_at(std::int64_t token) const {
    const auto next = std::upper_bound(order_.begins.begin(), order_.begins.end(), token);
    return static_cast<std::size_t>(next - order_.begins.begin()) - 1;
  }

  std::shared_ptr<const IndexedTokens> tokens_;
  SampleOrder order_;
  std::int64_t seq_length_;
};

/// The documents [begin, end) of `count` that belong to the split. Halves round to even, as
/// Python's round().
std::pair<std::int64_t, std::int64_t> documents_of(const MegatronOptions& options,
                                                   std::int64_t count) {
  if (options.own_split) {
    return {0, count};
  }
  const double sum = std::accumulate(options.shares.begin(), options.shares.end(), 0.0);
  check(sum > 0, ErrorKind::invalid_argument,
        "split must hold shares of training, validation and test data like \"900,50,50\"");
  double before = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(options.split); ++i) {
    before += options.shares[i] / sum;
  }
  const double after = before + options.shares[static_cast<std::size_t>(options.split)] / sum;
  const auto whole = static_cast<double>(count);
  return {std::llrint(before * whole), std::llrint(after * whole)};
}

bool is_held_out(const MegatronOptions& options) { return options.split != MegatronSplit::train; }

std::shared_ptr<const Dataset> open_part(const MegatronOptions& options, const std::string& prefix,
                                         std::optional<std::int64_t> num_samples) {
  const ErrorContext context("opening {}", prefix);
  auto tokens = std::make_shared<const IndexedTokens>(prefix);
  const auto [begin, end] = documents_of(options, tokens->size());
  check(begin < end, ErrorKind::invalid_argument,
        "the split '{}' has none of the {} documents; raise its share in 'split'",
        kSplits[static_cast<std::size_t>(options.split)], tokens->size());
  SampleOrderRequest request{
      .seq_length = options.seq_length, .num_samples = num_samples, .seed = options.seed};
  for (std::int64_t d = begin; d < end; ++d) {
    request.documents.push_back(static_cast<std::int32_t>(d));
    request.lengths.push_back(tokens->length(d));
  }
  SampleOrder order = options.index_folder.empty()
                          ? make_sample_order(request)
                          : cached_sample_order(request, options.index_folder);
  if (is_held_out(options) && options.prefixes.size() == 1 && options.num_samples) {
    order.windows.resize(
        std::min(order.windows.size(), static_cast<std::size_t>(*options.num_samples)));
  }
  return std::make_shared<const Windows>(std::move(tokens), std::move(order), options.seq_length);
}

std::vector<BlendEntry> blend(const MegatronOptions& options,
                              const std::vector<std::shared_ptr<const Dataset>>& parts) {
  if (!options.weights.empty()) {
    const double sum = std::accumulate(options.weights.begin(), options.weights.end(), 0.0);
    std::int64_t size = 0;
    for (const double weight : options.weights) {
      size +=
          std::llround(std::ceil(weight / sum * static_cast<double>(known(options.num_samples))));
    }
    return blend_by_weight(options.weights, size);
  }
  std::vector<std::int64_t> sizes;
  std::vector<double> weights;
  for (const auto& part : parts) {
    sizes.push_back(part->size());
    weights.push_back(static_cast<double>(part->size()));
  }
  if (!options.num_samples) {
    return blend_all(sizes);
  }
  const auto total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  return blend_by_weight(weights, std::min(*options.num_samples, total));
}

std::optional<std::int64_t> samples_of_part(const MegatronOptions& options, std::size_t part) {
  if (options.weights.empty()) {
    return options.prefixes.size() == 1 && !is_held_out(options) ? options.num_samples
                                                                 : std::nullopt;
  }
  const double sum = std::accumulate(options.weights.begin(), options.weights.end(), 0.0);
  const double share =
      std::ceil(options.weights[part] / sum * static_cast<double>(known(options.num_samples)));
  return std::llround(std::ceil(share * (1 + kSurplus)));
}

/// A prefix, or a pattern of .bin and .idx files.
std::vector<std::string> prefixes_of(const std::string& path) {
  if (is_indexed_prefix(path)) {
    return {path};
  }
  std::set<std::string> prefixes;
  for (const std::filesystem::path file : matches_of(path)) {
    if (file.extension() == ".bin" || file.extension() == ".idx") {
      prefixes.insert((file.parent_path() / file.stem()).string());
    }
  }
  check(!prefixes.empty(), ErrorKind::not_found,
        "{0}: there is no pair {0}.bin and {0}.idx, nor does it match files of such pairs", path);
  return {prefixes.begin(), prefixes.end()};
}

std::optional<double> as_weight(const Json& value) {
  if (value.is_number()) {
    return value.get<double>();
  }
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' ? std::optional(number) : std::nullopt;
}

/// ["30", "a", "70", "b"] or ["a", "b"].
void read_list(const Json& list, MegatronOptions& options) {
  const bool weighted = !list.empty() && as_weight(list[0]).has_value();
  check(!list.empty() && (!weighted || list.size() % 2 == 0), ErrorKind::invalid_argument,
        "paths must be a list of prefixes, or of weights and prefixes in turn, found {}",
        list.dump());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto weight = as_weight(list[i]);
    const bool wants_weight = weighted && i % 2 == 0;
    check(wants_weight ? weight.has_value() : list[i].is_string() && !(weighted && weight),
          ErrorKind::invalid_argument, "paths[{}] must be a {}, found {}", i,
          wants_weight ? "weight" : "prefix", list[i].dump());
    if (wants_weight) {
      options.weights.push_back(known(weight));
    } else {
      const auto prefixes = prefixes_of(list[i].get<std::string>());
      check(!weighted || prefixes.size() == 1, ErrorKind::invalid_argument,
            "paths[{}]: a weight goes with one prefix, but {} matches {}", i, list[i].dump(),
            prefixes.size());
      options.prefixes.insert(options.prefixes.end(), prefixes.begin(), prefixes.end());
    }
  }
}

/// What a mapping by split says of one.
Json entry_of(const Json& paths, MegatronSplit split) {
  const std::string name = kSplits[static_cast<std::size_t>(split)];
  std::vector<std::string> names = {name};
  if (split == MegatronSplit::validation) {
    names.insert(names.end(), {"valid", "val", "dev"});
  }
  std::vector<Json> found;
  for (const auto& one : names) {
    if (paths.contains(one)) {
      found.push_back(paths[one]);
    }
  }
  check(!found.empty(), ErrorKind::invalid_argument,
        "paths has no entry '{}', the split that is wanted", name);
  check(found.size() == 1, ErrorKind::invalid_argument,
        "paths has {} entries for the split '{}' (one of {}): leave one", found.size(), name,
        fmt::join(names, ", "));
  return found.front();
}

void read_paths(Json paths, MegatronOptions& options) {
  if (paths.is_string() && paths.get<std::string>().ends_with(".json")) {
    paths = read_json(paths.get<std::string>());
  }
  if (paths.is_object()) {
    options.own_split = true;
    paths = entry_of(paths, options.split);
  }
  if (paths.is_string()) {
    options.prefixes = prefixes_of(paths.get<std::string>());
  } else {
    check(paths.is_array(), ErrorKind::invalid_argument,
          "paths must be a prefix, a pattern, a list of them, or a mapping by split, found {}",
          paths.dump());
    read_list(paths, options);
  }
  if (options.prefixes.size() == 1) {
    options.weights.clear();
  }
}

std::array<double, 3> read_shares(const Json& value) {
  std::array<double, 3> shares = {0, 0, 0};
  std::vector<double> given;
  if (value.is_array()) {
    for (const Json& item : value) {
      given.push_back(as_weight(item).value_or(-1));
    }
  } else {
    for (const std::string& part : automodel::split(value.get<std::string>(), ',')) {
      given.push_back(as_weight(Json(std::string(trim(part)))).value_or(-1));
    }
  }
  check(!given.empty() && given.size() <= shares.size() &&
            std::all_of(given.begin(), given.end(), [](double share) { return share >= 0; }),
        ErrorKind::invalid_argument,
        "split must hold shares of training, validation and test data like \"900,50,50\", found {}",
        value.dump());
  std::copy(given.begin(), given.end(), shares.begin());
  return shares;
}

MegatronSplit read_split(const Json& value) {
  const Json name = value.is_array() && value.size() == 1 ? value[0] : value;
  const auto* const found = std::find(kSplits.begin(), kSplits.end(), name);
  check(name.is_null() || found != kSplits.end(), ErrorKind::invalid_argument,
        "splits_to_build must be one of train, validation and test, found {}", value.dump());
  return name.is_null() ? MegatronSplit::train
                        : static_cast<MegatronSplit>(found - kSplits.begin());
}

}  // namespace

std::unique_ptr<const Dataset> make_megatron_dataset(const MegatronOptions& options) {
  check(options.weights.empty() || options.num_samples, ErrorKind::invalid_argument,
        "a blend by weights needs to know how many samples are wanted: set max_steps or "
        "num_train_samples; of validation data trainer_limit_val_batches (a whole number) or "
        "num_val_samples; of test data num_test_samples");
  std::vector<std::shared_ptr<const Dataset>> parts;
  for (std::size_t i = 0; i < options.prefixes.size(); ++i) {
    parts.push_back(open_part(options, options.prefixes[i], samples_of_part(options, i)));
  }
  auto entries = parts.size() == 1 ? blend_all(std::vector<std::int64_t>{parts[0]->size()})
                                   : blend(options, parts);
  return make_blend(std::move(parts), std::move(entries));
}

MegatronOptions read_megatron_options(Keys& keys) {
  MegatronOptions options;
  options.split = read_split(keys.any("splits_to_build"));
  read_paths(keys.any("paths"), options);
  options.seq_length = keys.integer("seq_length", options.seq_length);
  if (const Json shares = keys.any("split"); !shares.is_null()) {
    options.shares = read_shares(shares);
  }
  const auto seed = keys.integer("seed", options.seed);
  check(seed >= 0 && seed <= std::numeric_limits<std::uint32_t>::max(), ErrorKind::invalid_argument,
        "seed must be from 0 to 2^32 - 1, as NumPy has it, found {}", seed);
  options.seed = static_cast<std::uint32_t>(seed);
  options.index_folder = keys.text("index_mapping_dir", "");
  const std::array<std::optional<std::int64_t>, 3> counts = {
      keys.maybe_integer("num_train_samples"), keys.maybe_integer("num_val_samples"),
      keys.maybe_integer("num_test_samples")};
  options.num_samples = counts[static_cast<std::size_t>(options.split)];
  for (const char* accepted :
       {"create_attention_mask", "num_dataset_builder_threads", "trainer_limit_val_batches",
        "trainer_limit_test_batches", "mmap_bin_files"}) {
    keys.any(accepted);
  }
  check(keys.any("object_storage_config").is_null(), ErrorKind::unsupported,
        "object_storage_config is not supported: paths must be files on this machine; copy the "
        ".bin and .idx files and leave the key out");
  return options;
}

}  // namespace automodel::data
