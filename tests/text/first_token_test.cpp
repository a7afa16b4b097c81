#include "text/first_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/text/tokenizer/small.h"
#include "text/class_steps.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

std::vector<std::int32_t> ids_with(const Json& post_processor) {
  const Json tokenizer = byte_tokenizer({{"post_processor", post_processor}});
  return make(with_first_token(tokenizer, "A", 65)).encode("x").ids;
}

TEST(FirstToken, ComesBeforeEveryTextWhateverElseIsPutAround) {
  const Json trims = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}};
  Json ends =
      class_steps::around({class_steps::text("A"), class_steps::special("B")}, Json::array());
  ends["special_tokens"]["B"] = {{"id", "B"}, {"ids", {66}}, {"tokens", {"B"}}};
  EXPECT_THAT(ids_with(nullptr), ElementsAre(65, 'x'));
  EXPECT_THAT(ids_with(trims), ElementsAre(65, 'x'));
  EXPECT_THAT(ids_with(ends), ElementsAre(65, 'x', 66));
  EXPECT_THAT(ids_with({{"type", "Sequence"}, {"processors", {trims, ends}}}),
              ElementsAre(65, 'x', 66));
  EXPECT_THAT(ids_with({{"type", "Sequence"}, {"processors", Json::array({trims})}}),
              ElementsAre(65, 'x'));
}

TEST(FirstToken, OfAPairComesBeforeTheFirst) {
  const auto made = with_first_token(byte_tokenizer(), "A", 65);
  EXPECT_THAT(make(made).encode_within(std::vector<std::string>{"x", "y"}),
              ElementsAre(65, 'x', 'y'));
}

}  // namespace
}  // namespace automodel::text
