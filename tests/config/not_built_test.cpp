#include "config/not_built.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(NotBuilt, NothingForThePlainestRecipe) {
  EXPECT_THAT(check_text(kLeast).not_built, IsEmpty());
}

TEST(NotBuilt, NamesFeatureKeyAndValue) {
  EXPECT_THAT(check_text(kLeast, {"--distributed.tp_size=2"}).not_built,
              ElementsAre("tensor parallelism (distributed.tp_size: 2)"));
  EXPECT_THAT(check_text(kLeast, {"--optimizer._target_=dion.Muon"}).not_built,
              ElementsAre("the Dion and Muon optimizers (optimizer._target_: Muon)"));
}

TEST(NotBuilt, EachFeatureOnce) {
  const std::string mrpc =
      "{'_target_': 'nemo_automodel.components.datasets.llm.seq_cls.GLUE_MRPC'}";
  EXPECT_THAT(check_text(kLeast, {"--dataset=" + mrpc, "--validation_dataset=" + mrpc}).not_built,
              ElementsAre("MRPC (dataset._target_: GLUE_MRPC)"));
}

TEST(NotBuilt, ARunIsRefusedButValidationIsNot) {
  const std::vector<std::string> overrides = {"--fp8.enabled"};
  const std::string path = write_recipe(kLeast);
  EXPECT_NO_THROW(check_recipe(path, overrides, {}));
  try {
    load_recipe(path, overrides, {});
    FAIL() << "a run was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    EXPECT_THAT(error.message(),
                HasSubstr("not supported yet:\n  8-bit arithmetic (fp8) (fp8.enabled: true)"));
  }
}

TEST(WithoutEffect, OnlyWhatTheRecipeAskedFor) {
  EXPECT_THAT(check_text(kLeast, {"--compile.enabled"}).warnings,
              ElementsAre(HasSubstr("compile.enabled: has no effect here")));
  EXPECT_THAT(check_text(kLeast).warnings, IsEmpty());
}

}  // namespace
}  // namespace automodel::config
