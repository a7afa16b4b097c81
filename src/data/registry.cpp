#include "data/registry.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "data/agent_chat.h"
#include "data/chat.h"
#include "data/classification.h"
#include "data/hellaswag.h"
#include "data/instruction.h"
#include "data/megatron.h"
#include "data/mock.h"
#include "data/mock_classification.h"
#include "data/mock_prefix_tree.h"
#include "data/mock_sentences.h"
#include "data/nanogpt.h"
#include "data/preference.h"
#include "data/seq2seq.h"
#include "data/squad.h"
#include "data/weighted_blend.h"
#include "data/xlam.h"

namespace automodel::data {
namespace {

constexpr std::string_view kPrefix = "nemo_automodel.components.datasets.llm.";

template <auto read, auto make>
std::unique_ptr<const Dataset> build(Keys& keys, const TextContext& context) {
  const auto options = read(keys);
  keys.finish();
  if constexpr (requires { make(options); }) {  // of tokens already
    return make(options);
  } else {
    return make(options, context);
  }
}

constexpr std::array<DatasetKind, 21> kKinds = {{
    {"chat_dataset.ChatDataset", "conversations (messages, ShareGPT), learnt on the answers",
     "path_or_dataset_id", build<read_chat_options, make_chat_dataset>, UsesTemplate::always},
    {"agent_chat.make_agent_chat_dataset", "conversations with tool calls", "path",
     build<read_agent_chat_options, make_agent_chat_dataset>, UsesTemplate::always},
    {"column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset",
     "rows of question, context and answer under any column names", "path_or_dataset_id",
     build<read_instruction_options, make_instruction_dataset>, UsesTemplate::if_asked},
    {"column_mapped_text_instruction_iterable_dataset.ColumnMappedTextInstructionIterableDataset",
     "the same, streamed: in the order of the files", "path_or_dataset_id",
     build<read_streamed_instruction_options, make_instruction_dataset>, UsesTemplate::if_asked},
    {"xlam.make_xlam_dataset", "function calls", "dataset_name",
     build<read_xlam_options, make_xlam_dataset>, UsesTemplate::always},
    {"squad.make_squad_dataset", "questions about a text", "dataset_name",
     build<read_squad_options, make_squad_dataset>, UsesTemplate::always},
    {"preference_dataset.PreferenceDataset", "a chosen and a rejected answer to one prompt",
     "path_or_dataset_id", build<read_preference_options, make_preference_dataset>,
     UsesTemplate::always},
    {"seq2seq.make_seq2seq_dataset", "sources and targets of encoder-decoder models",
     "dataset_name", build<read_seq2seq_options, make_seq2seq_dataset>},
    {"megatron_dataset.MegatronPretraining", "indexed token files (.bin and .idx) of Megatron",
     "paths", build<read_megatron_options, make_megatron_dataset>},
    {"nanogpt_dataset.NanogptDataset", "token files (.bin) of nanogpt", "file_pattern",
     build<read_nanogpt_options, make_nanogpt_dataset>},
    {"blend.WeightedBlend", "several data sets, each with a share of the rows", "",
     build<read_weighted_blend_options, make_weighted_blend>},
    {"hellaswag.HellaSwag", "endings of short stories", "path_or_dataset",
     build<read_hellaswag_options, make_hellaswag_dataset>},
    {"mock_iterable_dataset.MockIterableDataset", "random tokens", "",
     build<read_mock_options, make_mock_dataset>},
    {"mock.build_unpacked_dataset", "random sentences", "",
     build<read_mock_unpacked_options, make_mock_unpacked_dataset>},
    {"mock_packed.build_packed_dataset", "random sentences, packed", "",
     build<read_mock_packed_options, make_mock_packed_dataset>},
    {"mock_prefix_tree.build_mock_rollout_dataset", "random answers that share prompts", "",
     build<read_mock_rollout_options, make_mock_rollout_dataset>},
    {"seq_cls.TextClassificationDataset", "texts or pairs of texts with a class",
     "path_or_dataset_id", build<read_classification_options, make_classification_dataset>,
     UsesTemplate::never, read_classification_options},
    {"seq_cls.GLUE_MRPC", "pairs of sentences: do they mean the same?", "path_or_dataset",
     build<read_mrpc_options, make_classification_dataset>, UsesTemplate::never, read_mrpc_options},
    {"seq_cls.IMDB", "reviews of films: liked or not?", "path_or_dataset",
     build<read_review_options, make_classification_dataset>, UsesTemplate::never,
     read_review_options},
    {"seq_cls.YelpReviewFull", "reviews with one to five stars", "path_or_dataset",
     build<read_review_options, make_classification_dataset>, UsesTemplate::never,
     read_review_options},
    {"mock_seq_cls.MockSequenceClassificationDataset", "random tokens with random classes", "",
     build<read_mock_classification_options, make_mock_classification_dataset>},
}};

}  // namespace

std::span<const DatasetKind> dataset_kinds() { return kKinds; }

const DatasetKind& find_dataset_kind(std::string_view target) {
  std::string_view name = target;
  if (name.starts_with(kPrefix)) {
    name.remove_prefix(kPrefix.size());
  }
  std::vector<std::string> names;
  for (const DatasetKind& kind : kKinds) {
    if (kind.name == name || kind.name.ends_with(fmt::format(".{}", name))) {  // without its module
      return kind;
    }
    names.emplace_back(kind.name);
  }
  fail(ErrorKind::unsupported, "the data set '{}' is not supported{}; supported are: {}", target,
       did_you_mean(name, names), join(names, ", "));
}

bool is_mock_target(std::string_view target) {
  return find_dataset_kind(target).name.starts_with("mock");
}

bool uses_template(std::string_view target, const Json& keys) {
  const auto uses = find_dataset_kind(target).uses_template;
  return uses == UsesTemplate::always ||
         (uses == UsesTemplate::if_asked && keys.value("use_hf_chat_template", Json()) == true);
}

std::unique_ptr<const Dataset> make_dataset(const std::string& target, const Json& keys,
                                            const TextContext& context) {
  const DatasetKind& kind = find_dataset_kind(target);
  Keys reader(keys, "dataset " + std::string(kind.name));
  return kind.make(reader, context);
}

}  // namespace automodel::data
