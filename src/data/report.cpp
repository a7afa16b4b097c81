#include "data/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/division.h"
#include "base/text.h"
#include "data/describe.h"

namespace automodel::data {
namespace {

constexpr std::int64_t kClasses = 12;
constexpr std::int64_t kBar = 40;

std::string describe_role(std::string_view name, const RoleTokens& role) {
  return fmt::format("  {:<9} {:>9} tokens, {:>9} learnt ({})", name, human_count(role.tokens),
                     human_count(role.learnt), percent(role.learnt, role.tokens));
}

/// In brackets the tokens that end answers by tokenizer and template.
std::string named_ends(const TextContext& context, const SurveyOptions& options) {
  std::vector<std::string> names;
  if (context.special_tokens.eos_token) {
    names.push_back(*context.special_tokens.eos_token);
  }
  for (const FailedTextCheck& failure : options.text_failures) {
    if (failure.check == Check::template_eos) {
      names.push_back(failure.found);
    }
  }
  return names.empty() ? "" : fmt::format(" ({})", join(names, " or "));
}

std::string describe_ends(const Audit& audit, const TextContext& context,
                          const SurveyOptions& options) {
  const auto& bos = context.special_tokens.bos_token;
  return fmt::format("{} documents: {} begin with BOS{}, {} end in EOS{}, {} learn that EOS",
                     audit.num_documents, audit.begin_with_bos,
                     bos ? fmt::format(" ({})", *bos) : "", audit.end_in_eos,
                     named_ends(context, options), audit.learn_eos);
}

std::string describe_duplicates(const Duplicates& duplicates) {
  return duplicates.num_rows == 0
             ? "duplicates: none"
             : fmt::format("duplicates: {} rows have the tokens of one before (first {}, as {})",
                           duplicates.num_rows, duplicates.first, duplicates.first_of);
}

/// A row that cannot be used is refused by a check, too, where its reason names one.
bool refuses(const Survey& survey, const CheckInfo& info) {
  const std::string named = fmt::format("(the check '{}')", info.name);
  return std::ranges::any_of(
      survey.bad, [&](const BadRow& row) { return row.reason.find(named) != std::string::npos; });
}

std::string describe_checks(const Survey& survey, const SurveyOptions& options) {
  if (survey.usable.empty()) {
    return "checks passed: none, as no row can be used";
  }
  std::vector<std::string> passed;
  for (const CheckInfo& info : all_checks()) {
    const bool failed =
        refuses(survey, info) ||
        std::any_of(survey.failed.begin(), survey.failed.end(),
                    [&](const FailedCheck& one) { return one.check == info.check; });
    if (!failed && std::count(options.disabled.begin(), options.disabled.end(), info.name) == 0) {
      passed.emplace_back(info.name);
    }
  }
  return fmt::format("checks passed: {}; failed: {}; switched off: {}", join(passed, ", "),
                     survey.failed.size(),
                     options.disabled.empty() ? "none" : join(options.disabled, ", "));
}

}  // namespace

std::vector<LengthClass> length_classes(std::span<const std::int64_t> lengths) {
  if (lengths.empty()) {
    return {};
  }
  const std::int64_t width = *std::max_element(lengths.begin(), lengths.end()) / kClasses + 1;
  std::vector<LengthClass> classes;
  for (const std::int64_t length : lengths) {
    const auto at = static_cast<std::size_t>(length / width);
    while (classes.size() <= at) {
      classes.push_back({static_cast<std::int64_t>(classes.size()) * width, width, 0});
    }
    ++classes[at].count;
  }
  return classes;
}

std::vector<std::string> length_histogram(std::span<const std::int64_t> lengths) {
  const auto classes = length_classes(lengths);
  std::int64_t most = 1;
  for (const LengthClass& one : classes) {
    most = std::max(most, one.count);
  }
  std::vector<std::string> lines;
  for (const LengthClass& one : classes) {
    const auto bar = static_cast<std::size_t>(ceil_div(one.count * kBar, most));
    lines.push_back(fmt::format("  {:>7} - {:>7} |{:<{}}| {}", one.begin, one.begin + one.width - 1,
                                std::string(bar, '#'), kBar, one.count));
  }
  return lines;
}

std::vector<std::string> describe_audit(const Survey& survey, const TextContext& context,
                                        const SurveyOptions& options) {
  const Audit& audit = survey.audit;
  std::vector<std::string> lines = {"tokens by role:"};
  for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
    if (audit.roles[i].tokens > 0) {
      lines.push_back(describe_role(kRoleNames[i], audit.roles[i]));
    }
  }
  lines.push_back(describe_ends(audit, context, options));
  lines.push_back(fmt::format("truncated: {} rows; left out: {} rows of the files",
                              audit.num_truncated, survey.num_left_out));
  lines.push_back(describe_duplicates(survey.duplicates));
  lines.push_back(describe_checks(survey, options));
  lines.push_back(
      fmt::format("encoded at {} tokens/s on {} threads",
                  human_count(static_cast<std::int64_t>(static_cast<double>(audit.num_tokens) /
                                                        std::max(survey.seconds, 1e-9))),
                  options.num_threads));
  lines.emplace_back("rows by tokens:");
  for (std::string& line : length_histogram(survey.lengths)) {
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace automodel::data
