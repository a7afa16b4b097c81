#include "data/agent_chat.h"

#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

Conversation read_roles(const std::string& roles) {
  Conversation conversation;
  for (const char role : roles) {
    const char* name = role == 's'   ? "system"
                       : role == 'd' ? "developer"
                       : role == 'u' ? "user"
                       : role == 'a' ? "assistant"
                                     : "tool";
    Json message = {{"role", name}, {"content", "x"}};
    if (role == 'a') {
      message["reasoning_content"] = "r";
    }
    conversation.messages.push_back(message);
    conversation.learnable.push_back(true);
  }
  return conversation;
}

std::string roles(const Conversation& conversation) {
  std::string out;
  for (const Json& message : conversation.messages) {
    out += message["role"].get<std::string>().front();
  }
  EXPECT_EQ(conversation.learnable.size(), out.size());
  return out;
}

TEST(AgentChat, Trimming) {
  EXPECT_EQ(roles(trim_after_last_assistant(read_roles("suatau"))), "suata");
  EXPECT_EQ(roles(trim_after_last_assistant(read_roles("sua"))), "sua");
  EXPECT_EQ(roles(trim_after_last_assistant(read_roles("su"))), "su");
}

TEST(AgentChat, OldReasoningGoes) {
  const auto conversation = drop_history_reasoning(read_roles("uauau"));
  EXPECT_FALSE(conversation.messages[1].contains("reasoning_content"));
  EXPECT_TRUE(conversation.messages[3].contains("reasoning_content"));
}

std::vector<std::string> shorter_roles(const Conversation& conversation,
                                       const std::vector<std::string>& train_roles = {
                                           "assistant"}) {
  std::vector<std::string> all;
  for (const Conversation& shorter : shorter_histories(conversation, train_roles)) {
    all.push_back(roles(shorter));
  }
  return all;
}

TEST(AgentChat, ShorterHistories) {
  EXPECT_THAT(shorter_roles(read_roles("suauata")), ::testing::ElementsAre("suauata", "suata"));
}

TEST(AgentChat, ShorterHistoriesKeepTheDevelopersPrompt) {
  EXPECT_THAT(shorter_roles(read_roles("duaua")), ::testing::ElementsAre("duaua", "dua"));
  EXPECT_THAT(shorter_roles(read_roles("sduaua")), ::testing::ElementsAre("sduaua", "sdua"));
}

TEST(AgentChat, ShorterHistoriesKeepSomethingLearnt) {
  EXPECT_THAT(shorter_roles(read_roles("suauau")), ::testing::ElementsAre("suauau", "suau"));
  EXPECT_THAT(shorter_roles(read_roles("uau"), {"user"}), ::testing::ElementsAre("uau", "u"));
  EXPECT_THAT(shorter_roles(read_roles("su")), ::testing::IsEmpty());
  Conversation switched_off = read_roles("uaua");
  switched_off.learnable[3] = false;
  EXPECT_THAT(shorter_roles(switched_off), ::testing::ElementsAre("uaua"));
}

class AgentRows : public ::testing::Test {
 protected:
  std::unique_ptr<const Dataset> make(AgentChatOptions options) const {
    options.paths = {path_};
    return make_agent_chat_dataset(options, chatml_context());
  }
  std::string shown(const AgentChatOptions& options, std::int64_t row) const {
    return show_sample(make(options)->sample(row), chatml_context().tokenizer, MarkStyle::brackets);
  }

  ScratchFolder folder_;
  std::string path_ = folder_.write("rows.json", R"([
    {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"},
                       {"from": "human", "value": "c"}, {"from": "gpt", "value": "d"}]},
    {"conversations": [{"from": "human", "value": "a"}]},
    {"conversations": [{"from": "human", "value": "long long long long long long long long"},
                       {"from": "gpt", "value": "b"}]}])");
};

TEST_F(AgentRows, Filters) {
  EXPECT_EQ(make({})->size(), 3);
  EXPECT_EQ(make({.filter_no_assistant = true})->size(), 2);
  EXPECT_EQ(
      make({.limit = {.seq_length = 50}, .filter_no_assistant = true, .filter_overlong = true})
          ->size(),
      1);
  EXPECT_THAT(error_of([&] { make({})->sample(1); }),
              ::testing::HasSubstr("[1]: the conversation has no assistant message"));
  EXPECT_THAT(error_of([&] { make({.filter_overlong = true}); }),
              ::testing::HasSubstr("need seq_length"));
  EXPECT_THAT(
      error_of([&] {
        make({.limit = {.seq_length = 2}, .filter_no_assistant = true, .filter_overlong = true});
      }),
      ::testing::HasSubstr("leave none of the 3 rows"));
}

TEST_F(AgentRows, OldExchangesGoUntilTheRestFits) {
  EXPECT_EQ(shown({.limit = {.seq_length = 25}, .truncate_history = true}, 0),
            "<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n[d<|im_end|>]\n");
  EXPECT_THAT(shown({.limit = {.seq_length = 50}, .truncate_history = true}, 0),
              ::testing::HasSubstr("[b<|im_end|>]"));
}

TEST_F(AgentRows, AQuestionAtTheEndDoesNotTakeTheAnswersPlace) {
  AgentChatOptions options{.limit = {.seq_length = 25}, .truncate_history = true};
  options.paths = {folder_.write("open.json", R"([{"messages": [
      {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
      {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"},
      {"role": "user", "content": "e"}]}])")};
  const auto sample = make_agent_chat_dataset(options, chatml_context())->sample(0);
  EXPECT_THAT(show_sample(sample, chatml_context().tokenizer, MarkStyle::brackets),
              ::testing::StartsWith("<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n[d"));
}

TEST_F(AgentRows, Keys) {
  Keys keys({{"path", path_},
             {"seq_length", 9},
             {"filter_no_assistant", true},
             {"filter_overlong", true},
             {"trim_incomplete_last_turn", true},
             {"mask_reasoning_content", true},
             {"train_on_last_turn_only", true},
             {"drop_history_reasoning_content", true},
             {"truncate_history", true},
             {"limit_dataset_samples", 2},
             {"revision", nullptr}},
            "dataset X");
  const AgentChatOptions options = read_agent_chat_options(keys);
  keys.finish();
  EXPECT_EQ(options.paths, (std::vector<std::string>{path_}));
  EXPECT_EQ(options.mask, (MaskOptions{.mask_history = true, .mask_reasoning_content = true}));
  EXPECT_TRUE(options.filter_no_assistant && options.filter_overlong &&
              options.trim_incomplete_last_turn && options.drop_history_reasoning &&
              options.truncate_history);
  EXPECT_EQ(options.rows.max_rows, 2);
  const auto limit_beside_slice = [](const char* place) {
    Keys sliced({{place, "a"}, {"split", "train[:9]"}, {"limit_dataset_samples", 2}}, "dataset X");
    return read_agent_chat_options(sliced).rows.max_rows;
  };
  EXPECT_EQ(limit_beside_slice("path"), 2);
  EXPECT_EQ(limit_beside_slice("dataset_name"), std::nullopt) << "as upstream";
  Keys both({{"path", "a"}, {"dataset_name", "b"}}, "dataset X");
  EXPECT_THAT(error_of([&] { read_agent_chat_options(both); }),
              ::testing::HasSubstr("'path' = \"a\" is not supported"));
}

}  // namespace
}  // namespace automodel::data
