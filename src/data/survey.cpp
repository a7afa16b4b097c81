#include "data/survey.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/stopwatch.h"
#include "base/text.h"

namespace automodel::data {
namespace {

constexpr std::size_t kShownRows = 5;

std::vector<std::int64_t> spread_rows(std::int64_t num_rows, std::int64_t max_rows) {
  const std::int64_t count = max_rows > 0 ? std::min(num_rows, max_rows) : num_rows;
  std::vector<std::int64_t> rows(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    rows[static_cast<std::size_t>(i)] = count == num_rows ? i : i * num_rows / count;
  }
  return rows;
}

/// What is kept of a row.
struct RowFacts {
  std::string error;
  std::int64_t length = 0, trained = 0;
  Audit audit;
  std::uint64_t hash = 0;
  std::vector<Check> failed;
};

RowFacts look_at(const Dataset& dataset, std::int64_t row, const TextContext& context,
                 const CheckLimits& limits) {
  RowFacts facts;
  try {
    const TokenizedSample sample = dataset.sample(row);
    facts.length = num_tokens(sample);
    facts.trained = num_trained_tokens(sample);
    facts.audit = audit_row(sample, context, limits.eos_ids);
    facts.hash = hash_of_tokens(sample);
    facts.failed = failed_checks(sample, context, limits);
  } catch (const Error& error) {
    facts.error = error.message();
  }
  return facts;
}

void add_failed(Survey& survey, Check check, const Dataset& dataset, std::int64_t row) {
  auto found = std::ranges::find(survey.failed, check, &FailedCheck::check);
  if (found == survey.failed.end()) {
    found = survey.failed.insert(found, {check, 0, dataset.location(row)});
  }
  ++found->num_rows;
}

void add(Survey& survey, RowFacts facts, const Dataset& dataset, std::int64_t row) {
  if (!facts.error.empty()) {
    survey.bad.push_back({row, std::move(facts.error)});
    return;
  }
  survey.usable.push_back(row);
  survey.lengths.push_back(facts.length);
  survey.trained.push_back(facts.trained);
  survey.hashes.push_back(facts.hash);
  survey.audit.add(facts.audit);
  for (const Check check : facts.failed) {
    add_failed(survey, check, dataset, row);
  }
}

std::string first_reasons(const std::vector<BadRow>& bad) {
  std::string text;
  for (std::size_t i = 0; i < std::min(bad.size(), kShownRows); ++i) {
    text += "\n  " + bad[i].reason;
  }
  return bad.size() > kShownRows
             ? text + fmt::format("\n  ... and {} more", bad.size() - kShownRows)
             : text;
}

void refuse_failed(const Survey& survey) {
  for (const FailedCheck& failed : survey.failed) {
    const CheckInfo& info = info_of(failed.check);
    check(!info.is_error, ErrorKind::invalid_argument,
          "{}: {}. This is the check '{}'; if the data is right, list it in disabled_data_checks",
          describe_failure(failed, survey.rows.size()), info.advice, info.name);
  }
}

bool is_off(Check check, const SurveyOptions& options) {
  return std::count(options.disabled.begin(), options.disabled.end(), info_of(check).name) > 0;
}

}  // namespace

Survey survey(const Dataset& dataset, const TextContext& context, const SurveyOptions& options) {
  check_names(options.disabled);
  Survey out;
  out.num_rows = dataset.size();
  out.num_left_out = dataset.num_left_out();
  out.rows = spread_rows(dataset.size(), options.max_rows);
  std::vector<RowFacts> facts(out.rows.size());
  const Stopwatch watch;
  const auto look = [&](std::int64_t begin, std::int64_t end) {
    parallel_for(end - begin, options.num_threads, [&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(begin + i);
      facts[at] = look_at(dataset, out.rows[at], context, options.limits);
    });
  };
  for_row_chunks(static_cast<std::int64_t>(facts.size()), options.on_rows, look);
  out.seconds = watch.seconds();
  DuplicateFinder duplicates;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    if (facts[i].error.empty()) {
      duplicates.add(facts[i].hash, out.rows[i],
                     [&](std::int64_t row) { return dataset.location(row); });
    }
    std::erase_if(facts[i].failed, [&](Check check) { return is_off(check, options); });
    add(out, std::move(facts[i]), dataset, out.rows[i]);
  }
  out.duplicates = duplicates.found();
  for (const FailedTextCheck& failure : options.text_failures) {
    if (!is_off(failure.check, options)) {
      out.failed.push_back({failure.check, 0, failure.found});
    }
  }
  std::ranges::stable_sort(out.failed, {}, &FailedCheck::check);
  return out;
}

std::string describe_failure(const FailedCheck& failed, std::size_t num_rows) {
  const CheckInfo& info = info_of(failed.check);
  return failed.num_rows == 0 ? fmt::format("{}: {}", info.what, failed.first)
                              : fmt::format("{} of {} rows {} (first {})", failed.num_rows,
                                            num_rows, info.what, failed.first);
}

PreparedDataset prepare(std::shared_ptr<const Dataset> dataset, const TextContext& context,
                        SurveyOptions options, bool skip_invalid) {
  if (skip_invalid) {
    options.max_rows = 0;
  }
  Survey found = survey(*dataset, context, options);
  check(found.bad.empty() || (skip_invalid && !found.usable.empty()), ErrorKind::corrupt_data,
        "{} of {} rows cannot be used{}:{}", found.bad.size(), found.rows.size(),
        skip_invalid ? "" : "; mend them or set skip_invalid_samples: true",
        first_reasons(found.bad));
  refuse_failed(found);
  if (!found.bad.empty()) {
    dataset = select_rows(std::move(dataset), found.usable);
  }
  return {std::move(dataset), std::move(found)};
}

}  // namespace automodel::data
