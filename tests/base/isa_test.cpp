#include "base/isa.h"

#include <gmock/gmock.h>

#include <array>

#include "base/error.h"

namespace automodel {
namespace {

using ::testing::HasSubstr;

constexpr std::array<Isa, 2> kOld = {Isa::reference, Isa::avx2};

std::string error_of(std::string_view wanted, ErrorKind kind) {
  try {
    choose_isa(kOld, wanted);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  return "";
}

TEST(Isa, TheWidestIsTakenUnlessOneIsNamed) {
  EXPECT_EQ(choose_isa(kOld, ""), Isa::avx2);
  EXPECT_EQ(choose_isa(kOld, "reference"), Isa::reference);
  EXPECT_EQ(choose_isa(kOld, "avx2"), Isa::avx2);
}

TEST(Isa, TilesAreTakenOnlyByName) {
  constexpr std::array kNew = {Isa::reference, Isa::avx512_bf16, Isa::amx_bf16};
  EXPECT_EQ(choose_isa(kNew, ""), Isa::avx512_bf16);
  EXPECT_EQ(choose_isa(kNew, "amx_bf16"), Isa::amx_bf16);
}

TEST(Isa, OneThatTheProcessorLacksIsAnError) {
  const std::string text = error_of("avx512_bf16", ErrorKind::unsupported);
  EXPECT_THAT(text, HasSubstr("this processor has no avx512_bf16; it can run reference, avx2"));
  EXPECT_THAT(text, HasSubstr("Leave the variable unset"));
}

TEST(Isa, AnUnknownNameIsAnError) {
  EXPECT_THAT(error_of("sse9", ErrorKind::invalid_argument),
              HasSubstr("sse9 is none of reference, avx2, avx512, avx512_bf16, amx_bf16"));
}

TEST(Isa, TheLineForPeopleSaysWhoChose) {
  EXPECT_EQ(describe_isa(kOld, ""), "avx2 (by default; this processor can run reference, avx2)");
  EXPECT_EQ(describe_isa(kOld, "reference"),
            "reference (AUTOMODEL_ISA; this processor can run reference, avx2)");
}

TEST(Isa, EveryProcessorRunsTheReference) {
  const auto sets = supported_isas();
  ASSERT_FALSE(sets.empty());
  EXPECT_EQ(sets.front(), Isa::reference);
}

}  // namespace
}  // namespace automodel
