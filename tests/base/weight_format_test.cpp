#include "base/weight_format.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace automodel {
namespace {

using Method = WeightFormat::Method;

TEST(StatedDtype, IsUnderEitherNameAndNotAuto) {
  EXPECT_EQ(stated_dtype(Json{{"torch_dtype", "float16"}}), "float16");
  EXPECT_EQ(stated_dtype(Json{{"dtype", "bfloat16"}, {"torch_dtype", "float16"}}), "bfloat16");
  EXPECT_EQ(stated_dtype(Json{{"dtype", "auto"}, {"torch_dtype", "float16"}}), "float16");
  EXPECT_EQ(stated_dtype(Json{{"dtype", "auto"}, {"torch_dtype", nullptr}}), "");
}

TEST(WeightFormat, IsReadFromTheConfig) {
  const auto format = [](const char* text) { return weight_format(parse_json(text, "t"), "t"); };
  EXPECT_EQ(format("{}"), std::nullopt);
  EXPECT_EQ(format(R"({"quantization_config": null})"), std::nullopt);
  EXPECT_EQ(format(R"({"quantization_config": {"quant_method": "mxfp4"}})"),
            (WeightFormat{Method::mxfp4, {}}));
  EXPECT_EQ(format(R"({"quantization_config": {"quant_method": "fp8"}})"),
            (WeightFormat{Method::fp8, {0, 0}}));
  EXPECT_EQ(format(R"({"quantization_config": {"quant_method": "fp8",
                       "weight_block_size": [128, 64]}})"),
            (WeightFormat{Method::fp8, {128, 64}}));
}

TEST(WeightFormat, RefusesWhatItCannotRead) {
  const auto refuses = [](ErrorKind kind, const char* config, const char* text) {
    const Json json = {{"quantization_config", parse_json(config, "t")}};
    try {
      weight_format(json, "config.json");
      ADD_FAILURE() << "no error for " << config;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind);
      EXPECT_THAT(error.what(), ::testing::HasSubstr(text));
    }
  };
  refuses(ErrorKind::unsupported, R"({"quant_method": "gptq"})", "quantised by \"gptq\"");
  refuses(ErrorKind::unsupported, R"({"bits": 4})", "quantised by {\"bits\":4}");
  for (const char* block : {"[128]", "[0, 1]", "[-1, 4]", "\"x\"", "[1e30, 2]"}) {
    refuses(ErrorKind::corrupt_data,
            fmt::format(R"({{"quant_method": "fp8", "weight_block_size": {}}})", block).c_str(),
            "expected two positive numbers");
  }
}

}  // namespace
}  // namespace automodel
