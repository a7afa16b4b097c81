#include "tables/json_value.h"

#include <arrow/array.h>
#include <arrow/extension/json.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace automodel::tables {
namespace {

using arrow::TimeUnit;
using ::testing::HasSubstr;
using Type = std::shared_ptr<arrow::DataType>;

std::shared_ptr<arrow::Array> array(const Type& type, const std::string& values) {
  return arrow::json::ArrayFromJSONString(type, values).ValueOrDie();
}

/// All values of an array, as one text.
std::string all(const arrow::Array& values) {
  Json out = Json::array();
  for (std::int64_t i = 0; i < values.length(); ++i) {
    out.push_back(json_value(values, i));
  }
  return out.dump();
}
std::string all(const Type& type, const std::string& values) { return all(*array(type, values)); }

template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

/// The values of `type`'s array are made of a number's own.
template <typename ArrayType>
std::string of_numbers(const Type& type, std::vector<typename ArrayType::value_type> values) {
  return all(
      ArrayType(type, static_cast<std::int64_t>(values.size()), arrow::Buffer::Wrap(values)));
}

TEST(JsonValue, NumbersKeepTheirValue) {
  EXPECT_EQ(all(arrow::int8(), "[-128, null, 127]"), "[-128,null,127]");
  EXPECT_EQ(all(arrow::int64(), "[-9223372036854775808]"), "[-9223372036854775808]");
  EXPECT_EQ(all(arrow::uint64(), "[18446744073709551615]"), "[18446744073709551615]");
  EXPECT_EQ(all(arrow::float64(), "[0.1, 3, -1e300]"), "[0.1,3.0,-1e+300]");
  EXPECT_EQ(all(arrow::float32(), "[0.1]"), "[0.10000000149011612]");
  EXPECT_EQ(all(arrow::float16(), "[1.5]"), "[1.5]");
  EXPECT_EQ(all(arrow::boolean(), "[true, false, null]"), "[true,false,null]");
  EXPECT_EQ(all(arrow::null(), "[null]"), "[null]");
}

TEST(JsonValue, NotANumberIsNullAndInfinityIsRefused) {
  EXPECT_EQ(
      of_numbers<arrow::DoubleArray>(arrow::float64(), {std::numeric_limits<double>::quiet_NaN()}),
      "[null]");
  EXPECT_EQ(error_of([] {
              of_numbers<arrow::FloatArray>(arrow::float32(),
                                            {-std::numeric_limits<float>::infinity()});
            }),
            "a number is infinite, which JSON cannot hold");
}

TEST(JsonValue, DecimalsAreTextWithAllDigits) {
  EXPECT_EQ(all(arrow::decimal128(38, 2), R"(["12.30", "-99999999999999999.01"])"),
            R"(["12.30","-99999999999999999.01"])");
  EXPECT_EQ(all(arrow::decimal256(40, 0), R"(["7"])"), R"(["7"])");
}

TEST(JsonValue, EveryKindOfTextIsText) {
  for (const Type& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(), arrow::binary(),
                           arrow::large_binary(), arrow::binary_view()}) {
    EXPECT_EQ(all(type, R"(["h\u00e9", "", null])"), "[\"h\u00e9\",\"\",null]") << type->ToString();
  }
  EXPECT_EQ(all(arrow::fixed_size_binary(2), R"(["ab"])"), R"(["ab"])");
  EXPECT_EQ(all(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["x", null, "y", "x"])"),
            R"(["x",null,"y","x"])");
}

TEST(JsonValue, BytesThatAreNoTextAreRefused) {
  const std::string bytes = "\xFF\xD8";
  const arrow::FixedSizeBinaryArray images(arrow::fixed_size_binary(2), 1,
                                           arrow::Buffer::FromString(bytes));
  EXPECT_EQ(error_of([&] { json_value(images, 0); }),
            "the 2 bytes of a value of type fixed_size_binary[2] are not UTF-8 text, which JSON "
            "cannot hold");
}

TEST(JsonValue, ListsOfEveryKind) {
  for (const Type& type :
       {arrow::list(arrow::int32()), arrow::large_list(arrow::int32()),
        arrow::list_view(arrow::int32()), arrow::large_list_view(arrow::int32())}) {
    EXPECT_EQ(all(type, "[[1, 2], [], null, [null]]"), "[[1,2],[],null,[null]]");
  }
  EXPECT_EQ(all(arrow::fixed_size_list(arrow::int32(), 2), "[[1, 2], null, [3, 4]]"),
            "[[1,2],null,[3,4]]");
}

TEST(JsonValue, NullFieldsOfStructsAreLeftOut) {
  const Type turn = arrow::struct_(
      {arrow::field("role", arrow::utf8()), arrow::field("calls", arrow::list(arrow::int32()))});
  const auto turns = array(arrow::list(turn), R"([[["user", null], ["assistant", [1]]], [null]])");
  EXPECT_EQ(all(*turns), R"([[{"role":"user"},{"role":"assistant","calls":[1]}],[null]])");
  EXPECT_EQ(all(*turns->Slice(1)), "[[null]]");
}

TEST(JsonValue, MapsHaveTextsForKeys) {
  EXPECT_EQ(all(arrow::map(arrow::utf8(), arrow::int32()), R"([[["b", 1], ["a", null]], []])"),
            R"([{"b":1,"a":null},{}])");
  EXPECT_EQ(
      error_of([] { all(arrow::map(arrow::utf8(), arrow::int32()), R"([[["b", 1], ["b", 2]]])"); }),
      "a map has the key 'b' twice");
  EXPECT_EQ(error_of([] { all(arrow::map(arrow::int8(), arrow::int8()), "[[[1, 2]]]"); }),
            "a map has keys of type int8; JSON has texts only");
}

TEST(JsonValue, TimesAreAsPythonWritesThem) {
  EXPECT_EQ(of_numbers<arrow::Date32Array>(arrow::date32(), {0, -1, 19723}),
            R"(["1970-01-01","1969-12-31","2024-01-01"])");
  EXPECT_EQ(of_numbers<arrow::Date64Array>(arrow::date64(), {86400000, -1}),
            R"(["1970-01-02","1969-12-31"])");
  const auto stamp = [](const Type& type, std::int64_t value) {
    return of_numbers<arrow::TimestampArray>(type, {value});
  };
  EXPECT_EQ(stamp(arrow::timestamp(TimeUnit::SECOND), -1), R"(["1969-12-31T23:59:59"])");
  EXPECT_EQ(stamp(arrow::timestamp(TimeUnit::MILLI), 1500), R"(["1970-01-01T00:00:01.500000"])");
  EXPECT_EQ(stamp(arrow::timestamp(TimeUnit::MICRO, "Europe/Berlin"), 1),
            R"(["1970-01-01T00:00:00.000001+00:00"])");
  EXPECT_EQ(stamp(arrow::timestamp(TimeUnit::NANO), 1), R"(["1970-01-01T00:00:00.000000001"])");
  EXPECT_EQ(stamp(arrow::timestamp(TimeUnit::NANO), 1000), R"(["1970-01-01T00:00:00.000001"])");
  EXPECT_EQ(of_numbers<arrow::Time32Array>(arrow::time32(TimeUnit::SECOND), {3661}),
            R"(["01:01:01"])");
  EXPECT_EQ(of_numbers<arrow::Time64Array>(arrow::time64(TimeUnit::MICRO), {1}),
            R"(["00:00:00.000001"])");
}

TEST(JsonValue, AbsurdTimesAreRefused) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  const auto least = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t value : {most, least}) {
    EXPECT_THAT(error_of([&] {
                  of_numbers<arrow::TimestampArray>(arrow::timestamp(TimeUnit::SECOND), {value});
                }),
                HasSubstr("outside the years 1 to 9999"));
    EXPECT_THAT(
        error_of([&] { of_numbers<arrow::Time64Array>(arrow::time64(TimeUnit::NANO), {value}); }),
        HasSubstr("a time of day lies"));
  }
}

TEST(JsonValue, TextOfTheTypeJsonIsTheValue) {
  const auto texts = array(arrow::utf8(), R"(["{\"b\": [1, null]}", null, "\"t\"", "{"])");
  const auto values = arrow::ExtensionType::WrapArray(arrow::extension::json(), texts);
  EXPECT_EQ(all(*values->Slice(0, 3)), R"([{"b":[1,null]},null,"t"])");
  EXPECT_THAT(error_of([&] { json_value(*values, 3); }),
              HasSubstr("a value of type arrow.json:1:2: "));
}

TEST(JsonValue, WhatHasNoFormInJsonIsNamed) {
  EXPECT_EQ(error_of([] { all(arrow::duration(TimeUnit::SECOND), "[1]"); }),
            "values of type duration[s] have no form in JSON");
  EXPECT_EQ(all(arrow::duration(TimeUnit::SECOND), "[null]"), "[null]");
}

}  // namespace
}  // namespace automodel::tables
