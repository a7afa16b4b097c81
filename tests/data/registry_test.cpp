#include "data/registry.h"

#include <set>

#include "base/file.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

TEST(Registry, KindsAreNamedOnce) {
  std::set<std::string_view> names;
  for (const DatasetKind& kind : dataset_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_FALSE(kind.summary.empty());
  }
}

TEST(Registry, MakesByTarget) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl",
                                 R"({"messages": [{"role": "user", "content": "q"},
                                    {"role": "assistant", "content": "a"}],)"
                                 R"("question": "q", "context": "c", "answers": {"text": ["a"]},)"
                                 R"("ctx": "c", "endings": ["a"], "label": 0})");
  const auto flat = folder.write("flat.json", "[" + read_file(path) + "]");
  const TextContext context = chatml_context();
  const std::string prefix = "nemo_automodel.components.datasets.llm.";
  const auto tokens = [&](const std::string& target, const Json& keys) {
    return make_dataset(prefix + target, keys, context)->sample(0).ids.size();
  };
  EXPECT_GT(tokens("chat_dataset.ChatDataset", {{"path_or_dataset_id", flat}}), 0U);
  EXPECT_GT(tokens("agent_chat.make_agent_chat_dataset", {{"path", flat}}), 0U);
  EXPECT_GT(tokens("squad.make_squad_dataset", {{"dataset_name", flat}}), 0U);
  EXPECT_GT(tokens("hellaswag.HellaSwag", {{"path_or_dataset", flat}}), 0U);
  EXPECT_GT(tokens("column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset",
                   {{"path_or_dataset_id", flat},
                    {"column_mapping", {{"question", "question"}, {"answer", "context"}}}}),
            0U);
  EXPECT_GT(tokens("column_mapped_text_instruction_iterable_dataset."
                   "ColumnMappedTextInstructionIterableDataset",
                   {{"path_or_dataset_id", flat}, {"column_mapping", {{"answer", "context"}}}}),
            0U);
}

TEST(Registry, ModulesMayBeLeftOut) {
  for (const char* name :
       {"ColumnMappedTextInstructionDataset",
        "nemo_automodel.components.datasets.llm.ColumnMappedTextInstructionDataset"}) {
    EXPECT_EQ(find_dataset_kind(name).name,
              "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset");
  }
}

TEST(Registry, NamesTheKeyOfTheFiles) {
  EXPECT_EQ(find_dataset_kind("chat_dataset.ChatDataset").place, "path_or_dataset_id");
  EXPECT_EQ(find_dataset_kind("nemo_automodel.components.datasets.llm.seq_cls.IMDB").place,
            "path_or_dataset");
  EXPECT_EQ(find_dataset_kind("blend.WeightedBlend").place, "");
}

TEST(Registry, RowsOfChatTemplates) {
  EXPECT_TRUE(uses_template("xlam.make_xlam_dataset", Json::object()));
  EXPECT_FALSE(uses_template("seq_cls.IMDB", Json::object()));
  const std::string mapped =
      "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset";
  EXPECT_FALSE(uses_template(mapped, Json::object()));
  EXPECT_FALSE(uses_template(mapped, {{"use_hf_chat_template", false}}));
  EXPECT_TRUE(uses_template(mapped, {{"use_hf_chat_template", true}}));
}

TEST(Registry, TellsMadeUpData) {
  EXPECT_TRUE(is_mock_target("nemo_automodel.components.datasets.llm.mock.build_unpacked_dataset"));
  EXPECT_TRUE(is_mock_target("mock_iterable_dataset.MockIterableDataset"));
  EXPECT_FALSE(is_mock_target("chat_dataset.ChatDataset"));
}

TEST(Registry, UnknownTargetsAndKeysAreErrors) {
  const TextContext context = chatml_context();
  EXPECT_THAT(error_of([&] { make_dataset("chat_dataset.ChatDatset", Json::object(), context); }),
              ::testing::StartsWith("the data set 'chat_dataset.ChatDatset' is not supported; did "
                                    "you mean 'chat_dataset.ChatDataset'?; supported are: "));
  const Json keys = {{"path_or_dataset_id", "x.jsonl"}, {"seq_lenght", 5}};
  EXPECT_EQ(error_of([&] { make_dataset("chat_dataset.ChatDataset", keys, context); }),
            "dataset chat_dataset.ChatDataset has no key 'seq_lenght'; did you mean "
            "'seq_length'?");
}

TEST(Registry, TextsWithClasses) {
  const ScratchFolder folder;
  const auto path = folder.write(
      "rows.jsonl", R"({"text": "a", "sentence1": "b", "sentence2": "c", "label": 1})");
  const auto ids = [&](const char* name, const Json& keys) {
    return make_dataset(name, keys, test_context())->sample(0).ids;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(ids("seq_cls.GLUE_MRPC", {{"path_or_dataset", path}}), ElementsAre('b', 'c', 1));
  EXPECT_THAT(ids("seq_cls.IMDB", {{"path_or_dataset", path}}), ElementsAre('a', 1));
  EXPECT_THAT(ids("seq_cls.YelpReviewFull", {{"path_or_dataset", path}}), ElementsAre('a', 1));
  EXPECT_THAT(ids("seq_cls.TextClassificationDataset",
                  {{"path_or_dataset_id", path}, {"text_column", "sentence1"}}),
              ElementsAre('b', 1));
  EXPECT_EQ(ids("mock_seq_cls.MockSequenceClassificationDataset", {{"num_samples", 1}}).size(), 32);
}

struct RowKind {
  const char* name;
  const char* place;
  Json keys = Json::object();
};

/// Every kind that reads rows of files.
std::vector<RowKind> row_kinds() {
  const Json columns = {{"column_mapping", {{"answer", "text"}}}};
  return {{"chat_dataset.ChatDataset", "path_or_dataset_id"},
          {"agent_chat.make_agent_chat_dataset", "path"},
          {"column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset",
           "path_or_dataset_id", columns},
          {"column_mapped_text_instruction_iterable_dataset."
           "ColumnMappedTextInstructionIterableDataset",
           "path_or_dataset_id", columns},
          {"xlam.make_xlam_dataset", "dataset_name"},
          {"squad.make_squad_dataset", "dataset_name"},
          {"preference_dataset.PreferenceDataset", "path_or_dataset_id"},
          {"seq2seq.make_seq2seq_dataset", "dataset_name", {{"decoder_start_token_id", 0}}},
          {"hellaswag.HellaSwag", "path_or_dataset"},
          {"seq_cls.TextClassificationDataset", "path_or_dataset_id"},
          {"seq_cls.GLUE_MRPC", "path_or_dataset"},
          {"seq_cls.IMDB", "path_or_dataset"},
          {"seq_cls.YelpReviewFull", "path_or_dataset"}};
}

TEST(Registry, EveryKindOfRowsMayLeaveOutWhatIsMalformed) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl", "{\"text\": \"a\"}\n{oops\n{\"text\": \"b\"}\n");
  for (RowKind kind : row_kinds()) {
    kind.keys[kind.place] = path;
    EXPECT_THAT(error_of([&] { make_dataset(kind.name, kind.keys, chatml_context()); }),
                ::testing::HasSubstr("rows.jsonl:2:2: not valid JSON"))
        << kind.name;
    kind.keys["skip_invalid_samples"] = true;
    const auto dataset = make_dataset(kind.name, kind.keys, chatml_context());
    EXPECT_EQ(dataset->size(), 2) << kind.name;
    EXPECT_EQ(dataset->num_left_out(), 1) << kind.name;
  }
}

}  // namespace
}  // namespace automodel::data
