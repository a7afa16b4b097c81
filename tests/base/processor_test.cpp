#include "base/processor.h"

#include <gmock/gmock.h>

namespace automodel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Processor, NameAndInstructionSetsOfX86) {
  const auto found = parse_processor(
      "processor\t: 0\nmodel name\t: Fast CPU 9\nflags\t\t: fpu avx avx512f avx2 avx512_bf16\n"
      "model name\t: another\n");
  EXPECT_EQ(found.name, "Fast CPU 9");
  EXPECT_THAT(found.instruction_sets, ElementsAre("avx2", "avx512f", "avx512_bf16"));
}

TEST(Processor, Arm) {
  const auto found = parse_processor("processor : 0\nFeatures : fp asimd bf16\n");
  EXPECT_EQ(found.name, "unknown");
  EXPECT_THAT(found.instruction_sets, ElementsAre("neon", "bf16"));
}

TEST(Processor, NothingKnown) {
  EXPECT_EQ(parse_processor("").name, "unknown");
  EXPECT_THAT(parse_processor("no lines of this form").instruction_sets, IsEmpty());
}

TEST(Processor, ThisMachineHasSome) {
  EXPECT_THAT(this_processor().instruction_sets, ::testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace automodel
