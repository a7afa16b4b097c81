#include "recipes/finetune/run_data.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/error.h"
#include "base/known.h"
#include "recipes/tiny_recipe.h"
#include "tests/text/mistral_tokenizer.h"

namespace automodel::recipes {
namespace {

RunData load(const config::Recipe& recipe) {
  return load_run_data(recipe, checkpoint::open_model(recipe.model.pretrained_model_name_or_path));
}

std::string message(const config::Recipe& recipe) {
  try {
    load(recipe);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LoadRunData, TrainingAndValidationRows) {
  const TinyRecipe recipe;
  const auto data = load(recipe.load().recipe);
  EXPECT_EQ(data.train.dataset->size(), 6);
  ASSERT_EQ(data.validation.size(), 1);
  EXPECT_EQ(data.validation.at("default").dataset->size(), 3);
  EXPECT_EQ(data::num_trained_tokens(data.train.dataset->sample(0)), 2);  // the answer, its end
}

TEST(LoadRunData, AnotherFoldersTokenizer) {
  const TinyRecipe recipe;
  auto changed = recipe.load().recipe;
  changed.dataset.tokenizer->pretrained_model_name_or_path = recipe.path("source").string();
  EXPECT_EQ(load(changed).train.dataset->size(), 6);
}

TEST(LoadRunData, AFreshModelsConfigOfAnotherTokenizer) {
  const TinyRecipe recipe;
  auto changed = recipe.load().recipe;
  changed.model.entry = config::ModelEntry::from_config;
  changed.dataset.tokenizer->pretrained_model_name_or_path = recipe.path("source").string();
  const auto warnings = [&](const Json& ids) {
    auto source = checkpoint::open_model(recipe.path("model").string(),
                                         {.config_overrides = ids, .weights = false});
    set_trained_text(changed, source);
    return load_run_data(changed, source).warnings;
  };
  const auto foreign =
      ::testing::HasSubstr("model.bos_token_id (7), model.pad_token_id (5) are no special token");
  EXPECT_THAT(warnings({{"bos_token_id", 7}, {"eos_token_id", 3}, {"pad_token_id", 5}}),
              ::testing::Contains(foreign));
  EXPECT_THAT(warnings({{"eos_token_id", 3}, {"pad_token_id", nullptr}}),
              ::testing::Not(::testing::Contains(::testing::HasSubstr("another tokenizer"))));
}

TEST(LoadRunData, AClassThatReadersTakeForTheModelsType) {
  const TinyRecipe recipe;
  auto changed = recipe.load().recipe;
  changed.dataset.tokenizer->pretrained_model_name_or_path = recipe.path("source").string();
  const auto warnings = [&](const char* type) {
    Json config = read_json(recipe.path("source/config.json"));
    config["model_type"] = type;
    write_text(recipe.path("model/config.json"), config.dump());
    auto source = checkpoint::open_model(recipe.path("model").string(), {.weights = false});
    set_trained_text(changed, source);
    return load_run_data(changed, source).warnings;
  };
  const auto told = ::testing::HasSubstr("a saved model of type qwen2 by the class Qwen2Tokenizer");
  EXPECT_THAT(warnings("qwen2"), ::testing::Contains(told));
  EXPECT_THAT(warnings("llama"), ::testing::Not(::testing::Contains(told)));
}

TEST(LoadRunData, TokenizerSettingsThatDoNotFit) {
  const TinyRecipe recipe;
  auto changed = recipe.load().recipe;
  changed.dataset.tokenizer->keys["model_max_length"] = 3;
  EXPECT_THAT(message(changed), ::testing::HasSubstr("more than the 3 that the model takes"));
  changed.dataset.tokenizer.reset();
  EXPECT_THAT(message(changed), ::testing::HasSubstr("tokenizer: null is not supported yet"));
}

TEST(LoadRunData, ErrorsNameTheSection) {
  const TinyRecipe recipe;
  write_text(recipe.path("validation.jsonl"), "{\"messages\": []}\n");
  EXPECT_THAT(message(recipe.load().recipe), ::testing::HasSubstr("preparing validation_dataset"));
}

/// What the model is exported with.
std::optional<checkpoint::TextSource> trained_text(const TinyRecipe& recipe,
                                                   const Json& overrides = Json::object(),
                                                   const std::vector<std::string>& keys = {}) {
  auto source = checkpoint::open_model(recipe.path("model").string(),
                                       {.config_overrides = overrides, .weights = false});
  set_trained_text(recipe.load(keys).recipe, source);
  return source.text;
}

TEST(TrainedText, AnEosThatIsLearntEndsTheExportedModelsAnswers) {
  const TinyRecipe recipe;
  const auto text = trained_text(recipe).value_or(checkpoint::TextSource());
  EXPECT_EQ(text.ids, Json({{"eos_token_id", 3}})) << "config.json names none";
  EXPECT_TRUE(text.answer_ends.empty());
  EXPECT_FALSE(trained_text(recipe, {{"eos_token_id", 3}})) << "nothing changes";
  EXPECT_FALSE(trained_text(recipe, {{"eos_token_id", {5, 6}}})) << "the recipe's own";
}

TEST(TrainedText, SoDoesTheTemplatesEnd) {
  const TinyRecipe recipe;
  Json tokenizer = read_json(recipe.path("model/tokenizer_config.json"));
  tokenizer["eos_token"] = "<unk>";
  write_text(recipe.path("model/tokenizer_config.json"), tokenizer.dump());
  write_text(recipe.path("model/generation_config.json"), R"({"eos_token_id": 2})");
  const auto text = trained_text(recipe).value_or(checkpoint::TextSource());
  EXPECT_TRUE(text.ids.empty());
  EXPECT_EQ(text.answer_ends, std::vector<std::int32_t>{3});
}

TEST(TrainedText, GivenTokensAreTheModels) {
  const TinyRecipe recipe;
  const auto ids = [&](Json overrides) {
    overrides["eos_token_id"] = 3;
    return known(trained_text(recipe, overrides,
                              {"--dataset.tokenizer.pad_token", "<unk>",
                               "--dataset.tokenizer.bos_token", "user"}))
        .ids;
  };
  EXPECT_EQ(ids(Json::object()), Json({{"bos_token_id", 0}, {"pad_token_id", 2}}));
  EXPECT_EQ(ids({{"pad_token_id", 5}}), Json({{"bos_token_id", 0}})) << "the recipe's own";
  EXPECT_EQ(ids({{"vocab_size", 2}}), Json({{"bos_token_id", 0}})) << "2 has no row";
}

TEST(TrainedText, AllTemplatesThatAreGivenAreSaved) {
  const TinyRecipe recipe;
  const std::string first =
      "{% for m in messages %}{{ m.role }} {{ m.content }} <end> {% endfor %}";
  const auto templates = [&](const char* name) {
    const Json list = {{{"name", "default"}, {"template", first}},
                       {{"name", name}, {"template", "{{ tools }}"}}};
    write_text(recipe.path("chat.json"), Json{{"chat_template", list}}.dump());
    return known(trained_text(recipe, Json::object(),
                              {"--dataset.chat_template", recipe.path("chat.json").string()}))
        .keys["chat_template"];
  };
  EXPECT_EQ(templates("tool_use"), Json({{"default", first}, {"tool_use", "{{ tools }}"}}));
  try {
    templates("../tool_use");
    FAIL() << "saved elsewhere";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "chat_template has a template with the name '../tool_use', by which it cannot be "
              "saved; give it a name without '/'");
  }
}

TEST(TrainedText, AMistralsFixedExpressionIsSaved) {
  const TinyRecipe recipe;
  const auto file = recipe.path("model/tokenizer.json");
  write_text(file, text::as_old_mistral(read_json(file)).dump());
  const auto keys = [&](const char* type, const std::vector<std::string>& overrides = {}) {
    Json config = read_json(recipe.path("model/config.json"));
    config.update({{"model_type", type}, {"eos_token_id", 3}});
    write_text(recipe.path("model/config.json"), config.dump());
    auto source = checkpoint::open_model(recipe.path("model").string(), {.weights = false});
    set_trained_text(recipe.load(overrides).recipe, source);
    return source.text ? source.text->keys : Json();
  };
  const std::string key = "--dataset.tokenizer.fix_mistral_regex";
  const Json fixed = {{"fix_mistral_regex", true}};
  const Json kept = {{"fix_mistral_regex", false}};
  EXPECT_TRUE(keys("mistral").is_null()) << "nothing changes";
  EXPECT_EQ(keys("mistral", {key, "true"}), fixed);
  EXPECT_EQ(keys("mistral", {key, "false"}), kept);
  EXPECT_EQ(keys("llama", {key, "true"}), kept) << "there is nothing to fix";
  Json settings = read_json(recipe.path("model/tokenizer_config.json"));
  settings.update(fixed);
  write_text(recipe.path("model/tokenizer_config.json"), settings.dump());
  EXPECT_EQ(keys("mistral"), fixed) << "not in every folder that is saved a config.json tells it";
}

TEST(TrainedText, AModelThatNeedsNoTokenizerMayHaveNone) {
  const TinyRecipe recipe;
  std::filesystem::remove(recipe.path("model/tokenizer.json"));
  EXPECT_FALSE(trained_text(recipe));
}

/// Tokens go to a cache of the test's own.
class PackedRun : public ::testing::Test {
 protected:
  PackedRun() { ::setenv("AUTOMODEL_CACHE", recipe_.path("cache").c_str(), 1); }
  ~PackedRun() override { ::unsetenv("AUTOMODEL_CACHE"); }
  RunData load_with(const std::vector<std::string>& overrides) const {
    return load(recipe_.load(overrides).recipe);
  }

  TinyRecipe recipe_;
};

TEST_F(PackedRun, RowsAreDocumentsOfPacks) {
  // Six rows of 6 tokens, "user w0 <end> assistant w1 <end>": 5 without the last.
  for (const char* strategy : {"thd", "neat"}) {
    const auto data = load_with({"--packed_sequence.packed_sequence_size=10",
                                 std::string("--packed_sequence.packing_strategy=") + strategy});
    ASSERT_TRUE(data.packs.has_value());
    EXPECT_EQ(data.packs->num_packs, 3);
    EXPECT_EQ(data.packs->num_documents, 6);
    EXPECT_EQ(data.train.dataset->size(), 3);
    EXPECT_EQ(data.train.dataset->sample(0).document_lengths, (std::vector<std::int64_t>{6, 6}));
    EXPECT_EQ(data.validation.at("default").dataset->size(), 3) << "not packed";
    EXPECT_EQ(
        mean_row_tokens(recipe_.load({"--packed_sequence.packed_sequence_size=10"}).recipe, data),
        10);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(recipe_.path("cache/tokens")), {}), 1)
      << "encoded once";
}

TEST_F(PackedRun, LongRowsAreRefusedDroppedOrSplit) {
  const std::string size = "--packed_sequence.packed_sequence_size=4";
  EXPECT_THAT(message(recipe_.load({size}).recipe),
              ::testing::HasSubstr("more than the 4 of a pack"));
  EXPECT_THAT(message(recipe_.load({size, "--packed_sequence.packing_strategy=neat"}).recipe),
              ::testing::HasSubstr("all 6 documents are longer than the 4 tokens of a pack"));
  EXPECT_EQ(load_with({size, "--packed_sequence.long_samples=split"}).packs->num_split, 6);
}

TEST_F(PackedRun, GroupingByLengthNeedsTheLengths) {
  const auto data = load_with({"--dataloader.group_by_length=true"});
  EXPECT_EQ(data.lengths, std::vector<std::int64_t>(6, 6));
  EXPECT_EQ(loader_options(recipe_.load().recipe, data.lengths).lengths.size(), 6);
  EXPECT_EQ(data.train.dataset->size(), 6);
}

TEST(LoaderOptions, StreamedAndMegatronDataKeepTheirOrder) {
  const TinyRecipe recipe;
  auto changed = recipe.load().recipe;
  changed.dataset.target = "megatron_dataset.MegatronPretraining";
  EXPECT_FALSE(loader_options(changed).shuffle);
  changed.dataloader.dataloader_type = "cyclic";
  EXPECT_TRUE(loader_options(changed).shuffle);
  changed.dataset.target = "nanogpt_dataset.NanogptDataset";
  EXPECT_FALSE(loader_options(changed).shuffle);
  changed.dataloader.shuffle = true;
  EXPECT_TRUE(loader_options(changed).shuffle);
}

TEST(LoaderOptions, AreTheRecipes) {
  const TinyRecipe recipe;
  const auto options =
      loader_options(recipe.load({"--seed=9", "--dataloader.shuffle=false"}).recipe);
  EXPECT_EQ(options.seed, 9);
  EXPECT_FALSE(options.shuffle);
  EXPECT_EQ(options.global_batch_size, 3);
  EXPECT_EQ(options.local_batch_size, 3);
  EXPECT_TRUE(loader_options(recipe.load().recipe).shuffle);
  const auto larger =
      loader_options(recipe
                         .load({"--step_scheduler.global_batch_size=8",
                                "--step_scheduler.local_batch_size=2", "--dataloader.batch_size=3"})
                         .recipe);
  EXPECT_EQ(larger.local_batch_size, 3);
  EXPECT_EQ(larger.global_batch_size, 12) << "four micro-batches, as local_batch_size says";
}

}  // namespace
}  // namespace automodel::recipes
