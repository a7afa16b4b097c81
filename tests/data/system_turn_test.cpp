#include "data/system_turn.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

/// As Gemma 2's.
constexpr const char* kGemma =
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";

Json turn(const char* role, const char* content) { return {{"role", role}, {"content", content}}; }

std::string rendered(const Json& messages, const char* source = kGemma) {
  return render_messages(text::ChatTemplate::parse(source, "t"), messages, {}, {}).text;
}

TEST(SystemTurn, BeginsTheFirstQuestionWhereTheTemplateKnowsNoSystem) {
  const Json chat = {turn("system", "Be brief."), turn("user", "Hi"), turn("assistant", "Yes?"),
                     turn("user", "Bye")};
  EXPECT_EQ(rendered(chat), "<user>Be brief.\nHi<assistant>Yes?<user>Bye");
  EXPECT_EQ(rendered(Json::array({turn("user", "Hi")})), "<user>Hi");
  EXPECT_EQ(rendered(Json::array({turn("system", "Be brief.")})), "<user>Be brief.");
}

TEST(SystemTurn, StaysWhereTheTemplateWritesIt) {
  const char* writes_it = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";
  EXPECT_EQ(rendered({turn("system", "a"), turn("user", "b")}, writes_it), "<system>a<user>b");
}

TEST(SystemTurn, OtherRefusalsAreTold) {
  const Json chat = {turn("system", "a"), turn("user", "b")};
  EXPECT_THAT(error_of([&] { rendered(chat, "{{ raise_exception('No system role') }}"); }),
              HasSubstr("No system role"));
  EXPECT_THAT(error_of([&] { rendered({chat[0], chat[0], chat[1]}); }),
              HasSubstr("System role not supported"));
}

}  // namespace
}  // namespace automodel::data
