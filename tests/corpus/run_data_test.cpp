#include "corpus/run_data.h"

#include <cstdlib>

#include "base/known.h"
#include "corpus/support.h"
#include "data/registry.h"

namespace automodel::corpus {
namespace {

using ::testing::HasSubstr;

constexpr const char* kValidation = R"(validation_dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: {}
)";

RunData load(const config::Recipe& recipe) {
  return load_run_data(recipe, read_model_facts(recipe.model));
}

TEST(RunData, SectionsOfARecipe) {
  const TinyCorpus corpus;
  const auto recipe =
      corpus.recipe({}, fmt::format(fmt::runtime(kValidation), corpus.path("train.jsonl")));
  const auto sections = data_sections(recipe);
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections[0].name, "dataset");
  EXPECT_EQ(sections[1].name, "validation_dataset");
  EXPECT_EQ(validation_section("other"), "validation_dataset_other");
  const auto data = load(recipe);
  EXPECT_EQ(data.train.dataset->size(), 3);
  EXPECT_EQ(data.validation.at("default").dataset->size(), 3);
}

TEST(RunData, TellsWhatIsDoneAndMayBeEndedThere) {
  const TinyCorpus corpus;
  ::setenv("AUTOMODEL_CACHE", corpus.path("cache").c_str(), 1);
  const auto recipe =
      corpus.recipe({"--dataloader.group_by_length=true"},
                    fmt::format(fmt::runtime(kValidation), corpus.path("train.jsonl")));
  std::vector<std::string> told;
  const auto tell = [&](const std::string& what, std::int64_t num_done, std::int64_t num_rows) {
    told.push_back(fmt::format("{} {} {}", what, num_done, num_rows));
  };
  load_run_data(recipe, read_model_facts(recipe.model), tell);
  for (const char* line :
       {"opening dataset 0 0", "checking rows of dataset 3 3", "opening validation_dataset 0 0",
        "encoding rows of dataset 0 3", "the data are prepared 0 0"}) {
    EXPECT_THAT(told, ::testing::Contains(line));
  }
  ::unsetenv("AUTOMODEL_CACHE");
  const auto stop = [](const std::string& what, std::int64_t, std::int64_t) {
    check(!what.starts_with("opening validation"), ErrorKind::interrupted, "stopped");
  };
  EXPECT_EQ(data::error_of([&] { load_run_data(recipe, read_model_facts(recipe.model), stop); }),
            "stopped");
}

TEST(RunData, ChecksStopARunAndCanBeSwitchedOff) {
  const TinyCorpus corpus;
  corpus.write_config(200);
  EXPECT_THAT(data::error_of([&] { load(corpus.recipe()); }),
              HasSubstr("'outside_vocabulary'; if the data is right, list it in "
                        "disabled_data_checks"));
  EXPECT_EQ(
      load(corpus.recipe({}, "disabled_data_checks: [outside_vocabulary]")).train.dataset->size(),
      3);
}

/// A base model's tokenizer: its own eos_token, and a template that ends answers in another.
void write_base_tokenizer(const TinyCorpus& corpus) {
  corpus.write_tokenizer_config(
      {{"bos_token", "<s>"}, {"eos_token", "</s>"}, {"chat_template", data::kChatMl}});
}

TEST(RunData, AnEndOfAnswersThatTheModelDoesNotKnowIsTold) {
  const TinyCorpus corpus;
  write_base_tokenizer(corpus);
  const auto found = load(corpus.recipe()).train.survey;
  ASSERT_EQ(found.failed.size(), 1U);
  EXPECT_EQ(found.failed[0], (data::FailedCheck{data::Check::template_eos, 0, "<|im_end|>"}));
  EXPECT_EQ(found.audit.learn_eos, 3);
  EXPECT_TRUE(load(corpus.recipe({"--dataset.tokenizer.eos_token", "<|im_end|>"}))
                  .train.survey.failed.empty());
  corpus.write("model/generation_config.json", R"({"eos_token_id": [261, 263]})");
  EXPECT_TRUE(load(corpus.recipe()).train.survey.failed.empty());
}

TEST(RunData, EndsOfAnswersThatTheRecipeGivesTheModelAreAllThereAre) {
  const TinyCorpus corpus;
  write_base_tokenizer(corpus);
  EXPECT_THAT(data::error_of([&] { load(corpus.recipe({"--model.eos_token_id", "262"})); }),
              HasSubstr("name that one in dataset.tokenizer.eos_token, or its id in "
                        "model.eos_token_id. This is the check 'missing_eos'"));
  EXPECT_TRUE(
      load(corpus.recipe({"--model.eos_token_id", "[263, 261]"})).train.survey.failed.empty());
}

/// The only row of a recipe of texts without a template, with these keys of the tokenizer.
data::TokenizedSample row_with(const TinyCorpus& corpus, std::vector<std::string> keys) {
  corpus.write("texts.jsonl", R"({"q": "question", "a": "answer"})");
  for (std::string& key : keys) {
    key = "--dataset.tokenizer." + key;
  }
  auto recipe = corpus.recipe(keys);
  recipe.dataset.target =
      "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset";
  recipe.dataset.keys = {{"path_or_dataset_id", corpus.path("texts.jsonl")},
                         {"column_mapping", {{"question", "q"}, {"answer", "a"}}},
                         {"seq_length", 9},
                         {"truncation", true}};
  return load(recipe).train.dataset->sample(0);
}

std::string text_of(const data::TokenizedSample& sample) {
  const auto tokenizer =
      text::Tokenizer::from_json(data::tokenizer_json(), "the tokenizer of the tests");
  return tokenizer.decode(sample.ids);
}

TEST(RunData, TokenizerKeysSayWhatIsPutFirstAndCut) {
  const TinyCorpus corpus;
  EXPECT_EQ(text_of(row_with(corpus, {"truncation_side=left"})), "n answer<|im_end|>");
  EXPECT_EQ(text_of(row_with(corpus, {"truncation_side=left", "add_bos_token=true"})),
            "<s> answer<|im_end|>");
  EXPECT_EQ(text_of(row_with(corpus, {"truncation_side=left", "eos_token=</s>"})), "n answer</s>");
  EXPECT_EQ(text_of(row_with(corpus, {"truncation_side=left", "add_bos_token=true",
                                      "add_eos_token=true", "bos_token=</s>"})),
            "</s> answer<|im_end|>");
  EXPECT_THAT(data::error_of([&] { row_with(corpus, {"truncation_side=right"}); }),
              HasSubstr("nothing learnt is left of the row"));
}

TEST(RunData, TokenizerKeysThatCannotBe) {
  const TinyCorpus corpus;
  const auto error = [&](const std::vector<std::string>& keys) {
    return data::error_of([&] { row_with(corpus, keys); });
  };
  EXPECT_EQ(error({"bos_token=<none>"}),
            "dataset.tokenizer.bos_token: '<none>' is not a token of the tokenizer");
  EXPECT_THAT(error({"model_max_length=2", "truncation_side=left"}),
              HasSubstr("the row has 9 tokens, more than the 2 that the model takes"));
  EXPECT_THAT(error({"subfolder=inner"}), HasSubstr("there is no folder"));
  corpus.write_tokenizer_config({{"pad_token", "<s>"}});
  EXPECT_THAT(error({"add_bos_token=true"}),
              HasSubstr("dataset.tokenizer.add_bos_token: the tokenizer has no bos_token"));
  EXPECT_THAT(error({"add_eos_token=true"}),
              HasSubstr("dataset.tokenizer.add_eos_token: the tokenizer has no eos_token"));
}

TEST(RunData, AnOldMistralsExpressionIsFixedIfTheRecipeWantsIt) {
  const TinyCorpus corpus;
  corpus.write_old_mistral();
  const auto text = [&](const std::vector<std::string>& overrides) {
    const auto recipe = corpus.recipe(overrides);
    return open_text(recipe, read_model_facts(recipe.model)).used;
  };
  const auto ids = [](const data::TextContext& used) { return used.tokenizer.encode("'The").ids; };
  const std::string key = "--dataset.tokenizer.fix_mistral_regex";
  const auto told = text({});
  EXPECT_THAT(known(told.mistral_split).difference, HasSubstr("\"'The' isOpen\" is "));
  EXPECT_THAT(ids(told), ::testing::ElementsAre('\'', 'T', 'h', 'e'));
  EXPECT_THAT(ids(text({key, "true"})), ::testing::ElementsAre('\'', 1000, 'e'));
  EXPECT_EQ(ids(text({key, "false"})), ids(told));
  for (const char* decided : {"true", "false"}) {
    EXPECT_EQ(known(text({key, decided}).mistral_split).difference, "") << decided;
  }
  corpus.write_tokenizer_config({{"eos_token", "<|im_end|>"}, {"fix_mistral_regex", true}});
  EXPECT_THAT(ids(text({})), ::testing::ElementsAre('\'', 1000, 'e'));
  EXPECT_EQ(data::error_of([&] { text({key, "false"}); }),
            "dataset.tokenizer.fix_mistral_regex is false, but the tokenizer's "
            "tokenizer_config.json says true; take the key out there");
}

TEST(RunData, ClassesAreCalledAsTheFactsCallThem) {
  const TinyCorpus corpus;
  auto recipe = corpus.recipe();
  recipe.dataset.keys["labels"] = {"yes", "no"};  // which are not looked up again
  auto facts = read_model_facts(recipe.model);
  facts.num_labels = 2;
  facts.class_names = {"no", "yes"};
  const auto text = open_text(recipe, facts).used;
  EXPECT_EQ(text.num_labels, 2);
  EXPECT_THAT(text.class_names, ::testing::ElementsAre("no", "yes"));
}

TEST(RunData, TheTokenizersLimitIsTheModelsToo) {
  const TinyCorpus corpus;
  const auto limited = [&](const Json& length, const std::vector<std::string>& keys = {}) {
    corpus.write_tokenizer_config({{"eos_token", "<|im_end|>"},
                                   {"chat_template", data::kChatMl},
                                   {"model_max_length", length}});
    return data::error_of([&] { load(corpus.recipe(keys)); });
  };
  EXPECT_THAT(limited(16), HasSubstr("more than the 16 that the model takes (the lesser of "
                                     "config.json's limit and the tokenizer's model_max_length)"));
  EXPECT_EQ(limited(1e30), "no error") << "no limit";
  EXPECT_EQ(limited(nullptr), "no error");
  EXPECT_EQ(limited(64), "no error");
  EXPECT_EQ(limited(16, {"--dataset.tokenizer.model_max_length=64"}), "no error");
  corpus.write_config(264, 16);
  EXPECT_THAT(limited(1000), HasSubstr("more than the 16 that the model takes"));
  EXPECT_THAT(limited(1000, {"--dataset.tokenizer.model_max_length=500"}),
              HasSubstr("more than the 16 that the model takes"));
}

TEST(RunData, ATokenizerOfAnotherFolderWithAnotherTemplate) {
  const TinyCorpus corpus;
  corpus.write("other/inner/tokenizer.json", data::tokenizer_json().dump());
  corpus.write("t.jinja", "{% for m in messages %}{{ m.content + eos_token }}{% endfor %}");
  const auto recipe =
      corpus.recipe({"--dataset.tokenizer.pretrained_model_name_or_path=" + corpus.path("other"),
                     "--dataset.tokenizer.subfolder=inner", "--dataset.tokenizer.eos_token=</s>",
                     "--dataset.tokenizer.chat_template=" + corpus.path("t.jinja")});
  EXPECT_EQ(text_of(load(recipe).train.dataset->sample(0)), "Say it.</s>one</s>");
}

/// The first validation row's text in a run that trains by another template than the tokenizer's.
std::string validated(const TinyCorpus& corpus, const std::string& kind, const std::string& keys) {
  corpus.write_tokenizer_config({{"bos_token", "<s>"}, {"eos_token", "<|im_end|>"}});
  corpus.write("t.jinja",
               "{% for tool in tools or [] %}{{ tool.function.name }}{% endfor %}"
               "{% for m in messages %}{{ '|' + m.content }}{% for c in m.tool_calls or [] %}"
               "{{ c.function | tojson }}{% endfor %}{{ eos_token }}{% endfor %}");
  const auto recipe =
      corpus.recipe({"--dataset.chat_template=" + corpus.path("t.jinja")},
                    fmt::format("validation_dataset:\n"
                                "  _target_: nemo_automodel.components.datasets.llm.{}\n{}\n",
                                kind, keys));
  return text_of(load(recipe).validation.at("default").dataset->sample(0));
}

TEST(RunData, ValidationRowsHaveTheTrainingDatasTemplate) {
  const TinyCorpus corpus;
  const auto rows = [&](const char* key, const std::string& row) {
    corpus.write("rows.jsonl", row + "\n");
    return fmt::format("  {}: {}\n", key, corpus.path("rows.jsonl"));
  };
  EXPECT_EQ(validated(corpus, "squad.make_squad_dataset",
                      rows("dataset_name", R"({"context": "c", "question": "q",)"
                                           R"( "answers": {"text": ["a"]}})")),
            "|Context: c Question: q Answer: <|im_end|>|a<|im_end|>");
  EXPECT_EQ(validated(corpus, "chat_dataset.ChatDataset",
                      rows("path_or_dataset_id", config::chat_row("x", "y"))),
            "|x<|im_end|>|y<|im_end|>");
}

TEST(RunData, ValidationRowsOfKindsWithoutAKeyForOneHaveItToo) {
  const TinyCorpus corpus;
  corpus.write("calls.jsonl", R"({"query": "q", "tools": [{"name": "f"}],)"
                              R"( "answers": [{"name": "f", "arguments": {}}]})");
  corpus.write("texts.jsonl", R"({"q": "x", "a": "y"})");
  const auto calls = "  dataset_name: " + corpus.path("calls.jsonl");
  const auto texts = "  path_or_dataset_id: " + corpus.path("texts.jsonl") +
                     "\n  column_mapping: {question: q, answer: a}";
  const std::string mapped =
      "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset";
  const std::string call = R"(f|q<|im_end|>|{"name": "f", "arguments": {}}<|im_end|>)";
  EXPECT_EQ(validated(corpus, "xlam.make_xlam_dataset", calls), call);
  EXPECT_EQ(validated(corpus, mapped, texts + "\n  use_hf_chat_template: true"),
            "|x<|im_end|>|y<|im_end|>");
  EXPECT_EQ(validated(corpus, mapped, texts), "x y<|im_end|>") << "no template is asked for";
  EXPECT_EQ(validated(corpus, "blend.WeightedBlend",
                      fmt::format("  parts: [{{_target_: nemo_automodel.components.datasets.llm."
                                  "xlam.make_xlam_dataset, dataset_name: {}}}]",
                                  corpus.path("calls.jsonl"))),
            call);
}

TEST(RunData, PacksAreMadeOnDemandOnly) {
  const TinyCorpus corpus;
  ::setenv("AUTOMODEL_CACHE", corpus.path("cache").c_str(), 1);
  const auto rows = load(corpus.recipe()).train.dataset;
  EXPECT_EQ(pack(corpus.recipe(), rows, {}), nullptr);
  const auto packed = pack(corpus.recipe({"--packed_sequence.packed_sequence_size=128"}), rows, {});
  ASSERT_NE(packed, nullptr);
  EXPECT_EQ(packed->stats().num_documents, 3);
  ::unsetenv("AUTOMODEL_CACHE");
}

/// The folder of kept tokens is the corpus's as long as this lives.
class CacheIn {
 public:
  explicit CacheIn(const TinyCorpus& corpus) {
    ::setenv("AUTOMODEL_CACHE", corpus.path("cache").c_str(), 1);
  }
  ~CacheIn() { ::unsetenv("AUTOMODEL_CACHE"); }
  CacheIn(const CacheIn&) = delete;
  CacheIn& operator=(const CacheIn&) = delete;
};

TEST(RunData, KeptTokensAreNotThoseOfOtherSettings) {
  const TinyCorpus corpus;
  const CacheIn cache(corpus);
  corpus.write_config(264, 128);
  const auto tokens = [&](bool splits) {
    corpus.write_tokenizer_config({{"eos_token", "<|im_end|>"},
                                   {"chat_template", data::kChatMl},
                                   {"split_special_tokens", splits}});
    return load(corpus.recipe({"--packed_sequence.packed_sequence_size=256"},
                              "disabled_data_checks: [missing_eos, prompt_trained]"))
        .train.dataset->sample(0)
        .ids.size();
  };
  const auto whole = tokens(false);
  EXPECT_GT(tokens(true), whole);
  EXPECT_EQ(tokens(false), whole);
}

TEST(RunData, KeptTokensDoNotHideAnErrorThatIsSwitchedOnAgain) {
  const TinyCorpus corpus;
  const CacheIn cache(corpus);
  corpus.write("train.jsonl", R"({"messages": [{"role": "user", "content": "x"},)"
                              R"({"role": "assistant", "content": "y", "weight": 0}]})"
                              "\n" +
                                  config::chat_row("x", "y"));
  const auto error = [&](const std::string& more) {
    return data::error_of([&] {
      const auto recipe = corpus.recipe({}, more);
      std::shared_ptr<const data::Dataset> rows =
          data::make_dataset(recipe.dataset.target, recipe.dataset.keys,
                             open_text(recipe, read_model_facts(recipe.model)).used);
      pack(corpus.recipe({"--packed_sequence.packed_sequence_size=256"}, more), rows, {});
    });
  };
  EXPECT_EQ(error("disabled_data_checks: [no_trained_tokens]"), "no error");
  EXPECT_THAT(error(""), HasSubstr("no_trained_tokens"));
}

TEST(RunData, MegatronDataIsAsLongAsTheRun) {
  const TinyCorpus corpus;
  auto recipe = corpus.recipe();
  recipe.dataset.target = "megatron_dataset.MegatronPretraining";
  EXPECT_EQ(data_sections(recipe)[0].keys.keys.at("num_train_samples"), 4);
  recipe.dataloader.batch_size = 3;
  EXPECT_EQ(data_sections(recipe)[0].keys.keys.at("num_train_samples"), 6) << "2 steps of 3 rows";
  recipe.dataset.keys["num_train_samples"] = 5;
  EXPECT_EQ(data::error_of([&] { data_sections(recipe); }),
            "dataset.num_train_samples: found 5, but max_steps 2 of 3 rows take 6; raise it or "
            "leave it out");
}

TEST(RunData, MegatronValidationTakesSoManyBatches) {
  const TinyCorpus corpus;
  auto recipe = corpus.recipe();
  config::Dataset section;
  section.target = "megatron_dataset.MegatronPretraining";
  const auto limited_to = [&](const Json& limit) {
    section.keys["trainer_limit_val_batches"] = limit;
    recipe.validation_datasets = {{"default", section}};
    return data_sections(recipe)[1].keys.keys.value("num_val_samples", Json());
  };
  EXPECT_EQ(limited_to(3), 3 * recipe.step_scheduler.global_batch_size);
  EXPECT_EQ(limited_to(1.0), Json());
  EXPECT_THAT(data::error_of([&] { limited_to(0.5); }),
              HasSubstr("trainer_limit_val_batches: found 0.5, expected a whole number"));
}

}  // namespace
}  // namespace automodel::corpus
