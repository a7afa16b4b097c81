#include "recipes/finetune/unlearnt_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace automodel::recipes {
namespace {

constexpr std::int64_t kRowsRead = 200;
constexpr std::size_t kNamed = 5;
/// Weights that began at zero and only ever decayed, as those of Llama 3's unused tokens.
constexpr double kZero = 1e-16;

std::set<std::int32_t> tokens_of(const data::Dataset& rows) {
  std::set<std::int32_t> ids;
  for (std::int64_t row = 0; row < std::min(rows.size(), kRowsRead); ++row) {
    const auto sample = rows.sample(row);
    std::size_t begin = 0;
    for (const std::int64_t length : sample.document_lengths) {
      const auto end = begin + static_cast<std::size_t>(length);
      ids.insert(
          sample.ids.begin() + static_cast<std::ptrdiff_t>(begin),
          sample.ids.begin() + static_cast<std::ptrdiff_t>(data::end_of_tokens(sample, end)));
      begin = end;
    }
  }
  return ids;
}

}  // namespace

std::vector<std::string> unlearnt_tokens(const RunModel& run, const RunData& data) {
  const Tensor& embedding_vd = run.model.parameters().at("model.embed_tokens.weight");
  if (embedding_vd.requires_grad()) {
    return {};
  }
  std::vector<std::string> names;
  for (const std::int32_t id : tokens_of(*data.train.dataset)) {
    if (id < embedding_vd.size(0) && embedding_vd[id].abs().max().item<double>() <= kZero) {
      names.push_back(fmt::format("'{}'", data.text.tokenizer.id_to_token(id).value_or("")));
    }
  }
  if (names.empty()) {
    return {};
  }
  const std::size_t count = names.size();
  names.resize(std::min(count, kNamed));
  return {fmt::format(
      "warning: the embeddings of {} tokens of the rows are zero ({}{}): the model was never "
      "trained on them, and adapters leave embeddings as they are. Take a model that knows them, "
      "such as "
      "the chat model of a base model, or a chat_template without them, or train without peft",
      count, join(names, ", "), count > names.size() ? " ..." : "")};
}

}  // namespace automodel::recipes
