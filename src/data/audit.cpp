#include "data/audit.h"

#include <algorithm>
#include <unordered_set>

#include "base/checksum.h"
#include "base/parallel.h"
#include "base/stopwatch.h"
#include "base/text.h"

namespace automodel::data {
namespace {

struct RowAudit {
  std::uint64_t hash = 0;
  std::int64_t documents = 0, tokens = 0;
  std::int64_t begin_with_bos = 0, end_in_eos = 0, learn_eos = 0;
};

RowAudit look_at(const TokenizedSample& sample, const TextContext& context) {
  RowAudit out{.hash = checksum({reinterpret_cast<const char*>(sample.ids.data()),
                                 sample.ids.size() * sizeof(sample.ids[0])}),
               .documents = static_cast<std::int64_t>(sample.document_lengths.size()),
               .tokens = static_cast<std::int64_t>(sample.ids.size())};
  std::size_t begin = 0;
  for (const std::int64_t length : sample.document_lengths) {
    const std::size_t end = begin + static_cast<std::size_t>(length);
    if (begin < end) {
      // What templates print behind the end of the last turn is looked past.
      std::size_t last = end - 1;
      while (last > begin && sample.ids[last] != context.eos_id && sample.loss_mask[last] == 0) {
        --last;
      }
      const bool ends = sample.ids[last] == context.eos_id;
      out.begin_with_bos += sample.ids[begin] == context.bos_id ? 1 : 0;
      out.end_in_eos += ends ? 1 : 0;
      out.learn_eos += ends && sample.loss_mask[last] != 0 ? 1 : 0;
    }
    begin = end;
  }
  return out;
}

std::string of_documents(std::int64_t count, std::int64_t whole) {
  return fmt::format("{} of {} documents", count, whole);
}

}  // namespace

Audit audit(const Dataset& dataset, std::span<const std::int64_t> rows, const TextContext& context,
            int num_threads) {
  Audit out;
  const Stopwatch watch;
  std::vector<RowAudit> found(rows.size());
  parallel_for(static_cast<std::int64_t>(rows.size()), num_threads, [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    found[at] = look_at(dataset.sample(rows[at]), context);
  });
  out.seconds = watch.seconds();
  std::unordered_set<std::uint64_t> seen;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const RowAudit& row = found[i];
    ++out.num_rows;
    out.num_documents += row.documents;
    out.num_tokens += row.tokens;
    out.begin_with_bos += row.begin_with_bos;
    out.end_in_eos += row.end_in_eos;
    out.learn_eos += row.learn_eos;
    if (!seen.insert(row.hash).second && ++out.num_duplicates == 1) {
      out.first_duplicate = dataset.location(rows[i]);
    }
  }
  return out;
}

std::vector<std::string> describe_audit(const Audit& audit) {
  std::vector<std::string> lines = {
      fmt::format("BOS: at the beginning of {}",
                  of_documents(audit.begin_with_bos, audit.num_documents)),
      fmt::format("EOS: at the end of {}, learnt in {}",
                  of_documents(audit.end_in_eos, audit.num_documents), audit.learn_eos)};
  lines.push_back(audit.num_duplicates == 0
                      ? "duplicates: none"
                      : fmt::format("duplicates: {} of {} rows have the tokens of one before "
                                    "(first {})",
                                    audit.num_duplicates, audit.num_rows, audit.first_duplicate));
  lines.push_back(fmt::format(
      "encoded at {} tokens/s",
      human_count(static_cast<std::uint64_t>(static_cast<double>(audit.num_tokens) /
                                             std::max(audit.seconds, 1e-9)))));
  return lines;
}

std::vector<std::string> length_histogram(std::span<const std::int64_t> lengths) {
  constexpr std::int64_t kClasses = 12;
  constexpr std::int64_t kBar = 40;
  if (lengths.empty()) {
    return {};
  }
  const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  const std::int64_t width = longest / kClasses + 1;
  std::vector<std::int64_t> counts(static_cast<std::size_t>(longest / width + 1));
  for (const std::int64_t length : lengths) {
    ++counts[static_cast<std::size_t>(length / width)];
  }
  const std::int64_t most = *std::max_element(counts.begin(), counts.end());
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::int64_t begin = static_cast<std::int64_t>(i) * width;
    const auto bar = static_cast<std::size_t>((counts[i] * kBar + most - 1) / most);
    lines.push_back(fmt::format("{:>7} - {:>7} |{:<{}}| {}", begin, begin + width - 1,
                                std::string(bar, '#'), kBar, counts[i]));
  }
  return lines;
}

}  // namespace automodel::data
