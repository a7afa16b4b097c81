#include "data/audit.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/text.h"

namespace automodel::data {
namespace {

bool is_blank(std::int32_t id, const text::Tokenizer& tokenizer) {
  return !tokenizer.is_special(id) && trim(tokenizer.decode(std::vector{id}, false)).empty();
}

/// The last token of [begin, end) but for what templates print behind the end of the last turn.
std::size_t last_token(const TokenizedSample& sample, std::size_t begin, std::size_t end,
                       const text::Tokenizer& tokenizer) {
  std::size_t last = end - 1;
  while (last > begin && sample.loss_mask[last] == 0 && is_blank(sample.ids[last], tokenizer)) {
    --last;
  }
  return last;
}

void count_roles(Audit& out, const TokenizedSample& sample, std::size_t begin, std::size_t end) {
  for (std::size_t t = begin; t < end; ++t) {
    const Role unnamed = t < end_of_tokens(sample, end) ? Role::text : Role::label;
    const Role role = sample.roles.empty() ? unnamed : sample.roles[t];
    RoleTokens& tokens = out.roles[static_cast<std::size_t>(role)];
    ++tokens.tokens;
    tokens.learnt += t > begin && sample.loss_mask[t] != 0 ? 1 : 0;
  }
}

}  // namespace

void Audit::add(const Audit& other) {
  num_documents += other.num_documents;
  num_tokens += other.num_tokens;
  begin_with_bos += other.begin_with_bos;
  end_in_eos += other.end_in_eos;
  learn_eos += other.learn_eos;
  num_truncated += other.num_truncated;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    roles[i].tokens += other.roles[i].tokens;
    roles[i].learnt += other.roles[i].learnt;
  }
}

Audit audit_row(const TokenizedSample& sample, const TextContext& context,
                std::span<const std::int32_t> eos_ids) {
  Audit out{.num_tokens = num_tokens(sample), .num_truncated = sample.notes.truncated ? 1 : 0};
  std::size_t begin = 0;
  for (const std::int64_t length : sample.document_lengths) {
    const std::size_t end = begin + static_cast<std::size_t>(length);
    if (begin == end) {
      continue;
    }
    const std::size_t last =
        last_token(sample, begin, end_of_tokens(sample, end), context.tokenizer);
    const bool ends = is_eos(sample.ids[last], context, eos_ids);
    ++out.num_documents;
    out.begin_with_bos += sample.ids[begin] == context.bos_id ? 1 : 0;
    out.end_in_eos += ends ? 1 : 0;
    out.learn_eos += ends && sample.loss_mask[last] != 0 ? 1 : 0;
    count_roles(out, sample, begin, end);
    begin = end;
  }
  return out;
}

std::uint64_t hash_of_tokens(const TokenizedSample& sample) {
  return checksum(bytes_of(sample.ids));
}

}  // namespace automodel::data
