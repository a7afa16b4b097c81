#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <regex>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/numpy_random.h"
#include "base/text.h"

namespace automodel::data {
namespace {

class PickedRows : public RowSource {
 public:
  PickedRows(std::shared_ptr<const RowSource> rows, std::vector<std::int64_t> indices,
             std::int64_t num_filtered)
      : rows_(std::move(rows)), indices_(std::move(indices)), num_filtered_(num_filtered) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  Json row(std::int64_t index) const override { return rows_->row(at(index)); }
  std::string location(std::int64_t index) const override { return rows_->location(at(index)); }
  std::int64_t num_skipped() const override { return rows_->num_skipped() + num_filtered_; }
  std::uint64_t content_hash() const override {
    return hash_of(rows_->content_hash(), hash_of_numbers(indices_));
  }

 private:
  std::int64_t at(std::int64_t index) const { return indices_.at(static_cast<std::size_t>(index)); }

  std::shared_ptr<const RowSource> rows_;
  std::vector<std::int64_t> indices_;
  std::int64_t num_filtered_;
};

std::optional<std::int64_t> parse_bound(const std::string& digits, const std::string& split) {
  if (digits.empty()) {
    return std::nullopt;
  }
  check(digits.size() <= 18, ErrorKind::invalid_argument, "split '{}': {} is too large", split,
        digits);
  return std::stoll(digits);
}

/// Halves go to the even number, as Python's round has it.
std::int64_t rows_of_percent(std::int64_t percent, bool drops_remainder, std::int64_t num_rows) {
  return drops_remainder ? percent * (num_rows / 100)
                         : std::llrint(static_cast<double>(percent * num_rows) / 100.0);
}

void check_percent(std::int64_t bound, const std::string& split) {
  check(std::abs(bound) <= 100, ErrorKind::invalid_argument,
        "split '{}': {}% is beyond the data set; per cent go from -100 to 100", split, bound);
}

std::shared_ptr<const RowSource> open_one_split(const std::vector<std::string>& paths,
                                                const std::string& split,
                                                const SelectOptions& options) {
  const Split part = parse_split(split);
  auto rows = open_rows(
      paths,
      {.split = part.name, .configuration = options.configuration, .revision = options.revision},
      options.source);
  const std::int64_t num_rows = rows->size();
  auto [begin, end] = rows_of(part, num_rows);
  if (options.max_rows) {
    end = std::min(end, begin + *options.max_rows);
  }
  check(begin < end, ErrorKind::invalid_argument, "split '{}' selects none of the {} rows", split,
        num_rows);
  std::vector<std::int64_t> order(static_cast<std::size_t>(num_rows));
  std::iota(order.begin(), order.end(), 0);
  if (options.shuffle_seed) {
    order = numpy_permutation(num_rows, *options.shuffle_seed);
  }
  return pick_rows(std::move(rows), {order.begin() + begin, order.begin() + end});
}

}  // namespace

Split parse_split(const std::string& text) {
  static const std::regex kForm(
      R"(([\w.-]+)(?:\[(-?\d*)(%?):(-?\d*)(%?)\])?(?:\((closest|pct1_dropremainder)\))?)");
  std::smatch match;
  check(std::regex_match(text, match, kForm) && match[2] != "-" && match[4] != "-",
        ErrorKind::invalid_argument,
        "split '{}' is not understood; write a name and perhaps a slice, e.g. train, train[64:], "
        "train[:1024] or train[10%:20%], or several with + between them",
        text);
  Split split{.name = match[1],
              .begin = parse_bound(match[2], text),
              .end = parse_bound(match[4], text),
              .percent = match[3] == "%" || match[5] == "%",
              .drops_remainder = match[6] == "pct1_dropremainder"};
  const bool mixed =
      split.percent && ((split.begin && match[3] != "%") || (split.end && match[5] != "%"));
  check(!mixed, ErrorKind::invalid_argument,
        "split '{}' mixes row numbers and per cent; use one of them for both ends", text);
  check(split.percent || !match[6].matched, ErrorKind::invalid_argument,
        "split '{}' says how to round, but has no per cent", text);
  if (split.percent) {
    check_percent(split.begin.value_or(0), text);
    check_percent(split.end.value_or(0), text);
  }
  return split;
}

RowRange rows_of(const Split& split, std::int64_t num_rows) {
  check(!split.drops_remainder || num_rows >= 100, ErrorKind::invalid_argument,
        "split '{}' with pct1_dropremainder needs 100 rows or more, there are {}", split.name,
        num_rows);
  const auto number = [&](std::int64_t bound) {
    if (split.percent) {
      bound = rows_of_percent(bound, split.drops_remainder, num_rows);
    }
    return std::clamp<std::int64_t>(bound < 0 ? bound + num_rows : bound, 0, num_rows);
  };
  return {.begin = number(split.begin.value_or(0)),
          .end = split.end ? number(*split.end) : num_rows};
}

std::optional<std::int64_t> read_row_limit(Keys& keys, const std::string& split) {
  const auto limit = keys.maybe_integer("limit_dataset_samples");
  return split.find('[') == std::string::npos ? limit : std::nullopt;
}

std::shared_ptr<const RowSource> pick_rows(std::shared_ptr<const RowSource> rows,
                                           std::vector<std::int64_t> indices,
                                           std::int64_t num_filtered) {
  return std::make_shared<PickedRows>(std::move(rows), std::move(indices), num_filtered);
}

std::shared_ptr<const RowSource> open_split(const std::vector<std::string>& paths,
                                            const std::string& split,
                                            const SelectOptions& options) {
  check(options.max_rows.value_or(1) > 0, ErrorKind::invalid_argument,
        "a limit of {} samples leaves nothing; give a number of at least 1",
        options.max_rows.value_or(1));
  const auto names = automodel::split(split, '+');
  if (names.size() == 1) {
    return open_one_split(paths, split, options);
  }
  check(!options.shuffle_seed, ErrorKind::unsupported,
        "split '{}': rows of several splits are not shuffled by shuffle_seed; leave it out "
        "(dataloader.shuffle shuffles what is trained)",
        split);
  SelectOptions each = options;
  each.max_rows.reset();
  std::vector<std::shared_ptr<const RowSource>> parts;
  for (const std::string& name : names) {
    parts.push_back(open_one_split(paths, std::string(trim(name)), each));
  }
  auto rows = concatenate(std::move(parts));
  std::vector<std::int64_t> order(
      static_cast<std::size_t>(std::min(options.max_rows.value_or(rows->size()), rows->size())));
  std::iota(order.begin(), order.end(), 0);
  return pick_rows(std::move(rows), std::move(order));
}

}  // namespace automodel::data
