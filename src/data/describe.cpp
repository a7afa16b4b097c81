#include "data/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "text/html.h"

namespace automodel::data {
namespace {

std::pair<std::string_view, std::string_view> marks(MarkStyle style) {
  switch (style) {
    case MarkStyle::colour:
      return {"\033[32m", "\033[0m"};
    case MarkStyle::html:
      return {"<mark>", "</mark>"};
    case MarkStyle::brackets:
      break;
  }
  return {"[", "]"};
}

/// What a terminal would take for a command is shown instead: a row must not be able to hide.
std::string shown(std::string text, MarkStyle style) {
  return style == MarkStyle::html ? text::escape_html(text)
                                  : replace_all(std::move(text), "\033", "\u241B");
}

/// Tokens [begin, end) as one text; runs of learnt tokens between marks.
std::string show_document(const TokenizedSample& sample, std::size_t begin, std::size_t end,
                          const text::Tokenizer& tokenizer, MarkStyle style) {
  const auto [open, close] = marks(style);
  text::StreamDecoder decoder(tokenizer, false);
  std::string out;
  bool inside = false;
  for (std::size_t t = begin; t < end; ++t) {
    const bool learnt = t > begin && sample.loss_mask[t] != 0;
    if (learnt != inside) {
      out += learnt ? open : close;
      inside = learnt;
    }
    out += t < end_of_tokens(sample, end) ? shown(decoder.push(sample.ids[t]), style)
                                          : fmt::format("class {}", sample.ids[t]);
  }
  out += shown(decoder.finish(), style);
  return inside ? out + std::string(close) : out;
}

std::string describe_failed(const FailedCheck& failed, std::size_t num_rows) {
  const CheckInfo& info = info_of(failed.check);
  return fmt::format("{} {}: {}; {}", info.is_error ? "error" : "warning", info.name,
                     describe_failure(failed, num_rows), info.advice);
}

}  // namespace

std::string percent(std::int64_t part, std::int64_t whole) {
  return fmt::format(
      "{:.1f} %",
      whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string show_sample(const TokenizedSample& sample, const text::Tokenizer& tokenizer,
                        MarkStyle style) {
  std::string out;
  std::size_t begin = 0;
  for (const std::int64_t length : sample.document_lengths) {
    const std::size_t end = begin + static_cast<std::size_t>(length);
    out += begin > 0 ? "\n--------\n" : "";
    out += show_document(sample, begin, end, tokenizer, style);
    begin = end;
  }
  return out;
}

LengthStats length_stats(std::span<const std::int64_t> lengths) {
  if (lengths.empty()) {
    return {};
  }
  std::vector<std::int64_t> sorted(lengths.begin(), lengths.end());
  std::sort(sorted.begin(), sorted.end());
  return {.count = static_cast<std::int64_t>(sorted.size()),
          .min = sorted.front(),
          .median = sorted[sorted.size() / 2],
          .max = sorted.back(),
          .total = std::accumulate(sorted.begin(), sorted.end(), std::int64_t{0})};
}

std::vector<std::string> describe_survey(const Survey& survey) {
  const LengthStats stats = length_stats(survey.lengths);
  const auto trained =
      std::accumulate(survey.trained.begin(), survey.trained.end(), std::int64_t{0});
  const auto looked_at = static_cast<std::int64_t>(survey.rows.size());
  std::vector<std::string> lines;
  lines.push_back(fmt::format(
      "{} rows{}, {} to {} tokens (median {}), {} tokens in all, {} learnt ({})", survey.num_rows,
      looked_at < survey.num_rows ? fmt::format(" ({} looked at)", looked_at) : "", stats.min,
      stats.max, stats.median, human_count(stats.total), human_count(trained),
      percent(trained, stats.total)));
  if (survey.audit.num_documents > stats.count) {
    lines.push_back(
        fmt::format("{} rows became {} documents: two answers, a source and its target, or a "
                    "conversation whose template shows earlier answers otherwise as it goes on, "
                    "each as the model sees it when it answers",
                    stats.count, survey.audit.num_documents));
  }
  if (survey.num_left_out > 0) {
    lines.push_back(fmt::format("{} rows of the files are left out, malformed or filtered out",
                                survey.num_left_out));
  }
  if (!survey.bad.empty()) {
    lines.push_back(fmt::format("{} rows cannot be used, first: {}", survey.bad.size(),
                                survey.bad.front().reason));
  }
  for (const FailedCheck& failed : survey.failed) {
    lines.push_back(describe_failed(failed, survey.rows.size()));
  }
  return lines;
}

}  // namespace automodel::data
