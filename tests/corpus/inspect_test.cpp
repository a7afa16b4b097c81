#include "corpus/inspect.h"

#include <fstream>
#include <sstream>

#include "base/command_line.h"
#include "base/known.h"
#include "corpus/support.h"
#include "data/checks.h"

namespace automodel::corpus {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

struct Done {
  ExitCode code;
  std::string text;
};

Done inspect(const std::vector<std::string>& words) {
  CaptureStdout();
  const ExitCode code = inspect_data(
      known(read_line<InspectOptions>(words)),
      [](const config::ModelSource& model) { return read_model_facts(model); },
      data::load_text_context);
  return {code, GetCapturedStdout()};
}

TEST(Inspect, ARecipe) {
  const TinyCorpus corpus;
  const Done done = inspect({corpus.write_recipe(), "--show", "1"});
  EXPECT_EQ(done.code, ExitCode::ok);
  EXPECT_THAT(done.text, ::testing::StartsWith("dataset (chat_dataset.ChatDataset)\n3 rows, "));
  EXPECT_THAT(done.text, HasSubstr("  assistant "));
  EXPECT_THAT(done.text, HasSubstr("3 documents: 0 begin with BOS (<s>), 3 end in EOS "
                                   "(<|im_end|>), 3 learn that EOS\n"));
  EXPECT_THAT(done.text, HasSubstr("\n[one<|im_end|>]\n"));
  EXPECT_THAT(done.text, ::testing::Not(HasSubstr("[two")));
}

TEST(Inspect, PackingIsTold) {
  const TinyCorpus corpus;
  ::setenv("AUTOMODEL_CACHE", corpus.path("cache").c_str(), 1);
  const Done done =
      inspect({corpus.write_recipe(), "--packed_sequence.packed_sequence_size", "128"});
  ::unsetenv("AUTOMODEL_CACHE");
  EXPECT_THAT(done.text, HasSubstr("packing: 1 packs of 128 tokens hold 3 documents"));
}

TEST(Inspect, PacksOfRowsThatARunSkipsAreToldOnlyIfAllWereLookedAt) {
  const TinyCorpus corpus;
  corpus.write("train.jsonl", config::chat_row("Say it.", "one") + "{\"messages\": []}\n" +
                                  config::chat_row("Say it.", "two"));
  ::setenv("AUTOMODEL_CACHE", corpus.path("cache").c_str(), 1);
  const auto inspect_rows = [&](const char* num_rows) {
    return inspect({corpus.write_recipe(), "--packed_sequence.packed_sequence_size", "128",
                    "--dataset.skip_invalid_samples", "true", "--rows", num_rows});
  };
  const Done some = inspect_rows("1");
  EXPECT_EQ(some.code, ExitCode::ok);
  EXPECT_THAT(some.text, HasSubstr("packing: not told, since 1 of 3 rows were looked at and rows "
                                   "that cannot be used are skipped (skip_invalid_samples); "
                                   "--rows 0 looks at all\n"));
  EXPECT_THAT(inspect_rows("0").text, HasSubstr("packing: 1 packs of 128 tokens hold 2 documents"));
  ::unsetenv("AUTOMODEL_CACHE");
}

TEST(Inspect, ErrorsFailAndWarningsOnlyIfStrict) {
  const TinyCorpus corpus;
  corpus.write_rows("train.jsonl", {"one", ""});
  EXPECT_EQ(inspect({corpus.write_recipe()}).code, ExitCode::ok);
  const Done strict = inspect({corpus.write_recipe(), "--strict"});
  EXPECT_EQ(strict.code, ExitCode::bad_input);
  EXPECT_THAT(strict.text, HasSubstr("warning empty_answer: 1 of 2 rows"));
  EXPECT_EQ(inspect({corpus.write_recipe(), "--strict", "--disable", "empty_answer"}).code,
            ExitCode::ok);
  corpus.write_config(200);
  EXPECT_EQ(inspect({corpus.write_recipe()}).code, ExitCode::bad_input);
}

/// What makes a check fail.
struct Fault {
  std::string check;
  std::function<void(const TinyCorpus&)> make;
  std::vector<std::string> overrides = {};
  /// Overrides that are the fault.
  std::vector<std::string> bad_overrides = {};
};

std::vector<Fault> template_faults() {
  const std::string turns =
      "{% for m in messages %}{{ m.role + ': ' }}{% if m.role == 'assistant' %}{% generation %}"
      "{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}"
      "{{ '<|im_end|>' }}{% endfor %}";
  return {
      {"prompt_trained",
       [](const auto& c) {
         c.write_template(
             "{% generation %}{% for m in messages %}{{ m.content + '<|im_end|>' }}{% endfor %}"
             "{% endgeneration %}");
       }},
      {"missing_eos",
       [](const auto& c) {
         c.write_template(
             "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}"
             "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}");
       }},
      {"template_eos",
       [](const auto& c) {
         c.write_tokenizer_config(
             {{"bos_token", "<s>"}, {"eos_token", "</s>"}, {"chat_template", data::kChatMl}});
       }},
      {"class_differs",
       [](const auto& c) {
         Json tokenizer = data::tokenizer_json();
         const Json lines = {{"type", "Split"},
                             {"pattern", {{"String", "\n"}}},
                             {"behavior", "Isolated"},
                             {"invert", false}};
         tokenizer["pre_tokenizer"] = {{"type", "Sequence"},
                                       {"pretokenizers", {lines, tokenizer["pre_tokenizer"]}}};
         c.write("model/tokenizer.json", tokenizer.dump());
         c.write_tokenizer_config({{"bos_token", "<s>"},
                                   {"eos_token", "<|im_end|>"},
                                   {"tokenizer_class", "GPT2Tokenizer"},
                                   {"chat_template", data::kChatMl}});
       }},
      {"mistral_regex", [](const auto& c) { c.write_old_mistral(); }},
      {"masked_eos", [turns](const auto& c) { c.write_template(turns); }},
      {"missing_bos",
       [](const auto& c) { c.write("model/tokenizer.json", data::tokenizer_json(true).dump()); }},
      {"double_bos",
       [](const auto& c) {
         c.write_template(std::string("{{ bos_token + bos_token }}") + data::kChatMl);
       }},
      {"merged_boundary",
       [](const auto& c) {
         c.write_template(
             "{% for m in messages %}{{ m.content }}{% endfor %}"
             "{% if not add_generation_prompt %}{{ '<|im_end|>' }}{% endif %}");
         c.write_rows("train.jsonl", {"bcd"}, "a");
       }},
      {"template_differs",
       [](const auto&) {},
       {},
       {"--dataset.chat_template",
        "{{ bos_token }}{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}"}},
  };
}

std::vector<Fault> row_faults() {
  const auto answer = [](const std::string& text) {
    return [text](const TinyCorpus& c) { c.write_rows("train.jsonl", {text}); };
  };
  return {
      {"no_trained_tokens",
       [](const auto& c) {
         c.write("train.jsonl", R"({"messages": [{"role": "user", "content": "Say it."}]})");
       }},
      {"double_eos", answer("one<|im_end|>")},
      {"special_in_content", answer("a</s>b")},
      {"empty_answer", answer("")},
      {"not_shown",
       [](const auto& c) {
         c.write("train.jsonl",
                 R"({"tools": [{"name": "f", "parameters": {}}], "messages": )"
                 R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})");
       }},
      {"too_long", [](const auto& c) { c.write_config(264, 16); }},
      {"truncated",
       answer("a long answer"),
       {"--dataset.truncation", "true", "--dataset.seq_length", "33"}},
      {"not_truncated", answer("a long answer"), {"--dataset.seq_length", "33"}},
      {"template_unused",
       [](const auto& c) { c.write("train.jsonl", R"({"q": "Why?", "a": "So."})"); },
       {"--dataset._target_",
        "nemo_automodel.components.datasets.llm.ColumnMappedTextInstructionDataset",
        "--dataset.column_mapping.answer", "a"},
       {"--dataset.column_mapping.question", "q"}},
      {"outside_vocabulary", [](const auto& c) { c.write_config(200); }},
      {"vocabulary_too_large", [](const auto& c) { c.write_config(200); }},
  };
}

/// "error NAME: ...", or the reason that a row cannot be used.
bool tells(const std::string& text, const std::string& check) {
  return text.find("error " + check + ":") != std::string::npos ||
         text.find("warning " + check + ":") != std::string::npos ||
         text.find("(the check '" + check + "')") != std::string::npos;
}

TEST(Inspect, EveryCheckFiresAndCanBeSwitchedOff) {
  auto faults = template_faults();
  for (const Fault& fault : row_faults()) {
    faults.push_back(fault);
  }
  std::set<std::string> seen;
  for (const Fault& fault : faults) {
    const TinyCorpus corpus;
    std::vector<std::string> words = {corpus.write_recipe(), "--strict"};
    words.insert(words.end(), fault.overrides.begin(), fault.overrides.end());
    EXPECT_FALSE(tells(inspect(words).text, fault.check)) << fault.check << " without the fault";
    fault.make(corpus);
    words.insert(words.end(), fault.bad_overrides.begin(), fault.bad_overrides.end());
    const Done on = inspect(words);
    EXPECT_TRUE(tells(on.text, fault.check)) << fault.check << "\n" << on.text;
    EXPECT_EQ(on.code, ExitCode::bad_input) << fault.check;
    words.insert(words.end(), {"--disabled_data_checks", "['" + fault.check + "']"});
    const Done off = inspect(words);
    EXPECT_FALSE(tells(off.text, fault.check)) << fault.check << "\n" << off.text;
    EXPECT_THAT(off.text, HasSubstr("switched off: " + fault.check));
    seen.insert(fault.check);
  }
  for (const data::CheckInfo& info : data::all_checks()) {
    EXPECT_TRUE(seen.contains(std::string(info.name))) << info.name;
  }
}

TEST(Inspect, RowsThatARunSkipsAreCounted) {
  const TinyCorpus corpus;
  corpus.write("train.jsonl",
               "{\"messages\": []}\n{oops\n{\"messages\": [{\"role\": \"user\", \"content\": "
               "\"a\"}, {\"role\": \"assistant\", \"content\": \"b\"}]}\n");
  const Done done = inspect({corpus.write_recipe(), "--dataset.skip_invalid_samples", "true"});
  EXPECT_EQ(done.code, ExitCode::ok) << done.text;
  EXPECT_THAT(done.text, HasSubstr("left out: 2 rows of the files"));
}

TEST(Inspect, APageHoldsTheSame) {
  const TinyCorpus corpus;
  const Done done = inspect({corpus.write_recipe(), "--html", corpus.path("data.html")});
  EXPECT_THAT(done.text, HasSubstr("written: "));
  std::ostringstream page;
  page << std::ifstream(corpus.path("data.html")).rdbuf();
  EXPECT_THAT(page.str(), HasSubstr("<mark>one&lt;|im_end|&gt;</mark>"));
  EXPECT_THAT(page.str(), HasSubstr("3 learn that EOS"));
}

}  // namespace
}  // namespace automodel::corpus
