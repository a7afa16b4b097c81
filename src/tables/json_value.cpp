#include "tables/json_value.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/float16.h>
#include <arrow/util/utf8.h>
#include <arrow/visit_array_inline.h>

#include <chrono>
#include <cmath>
#include <string>

#include "base/error.h"

namespace automodel::tables {
namespace {

Json number(double value) {
  check(!std::isinf(value), ErrorKind::corrupt_data,
        "a number is infinite, which JSON cannot hold");
  return std::isnan(value) ? Json() : Json(value);
}

bool is_utf8(std::string_view bytes) {
  static const bool kReady = (arrow::util::InitializeUTF8(), true);
  return kReady && arrow::util::ValidateUTF8(bytes);
}

Json text(std::string_view bytes, const arrow::DataType& type) {
  check(is_utf8(bytes), ErrorKind::corrupt_data,
        "the {} bytes of a value of type {} are not UTF-8 text, which JSON cannot hold",
        bytes.size(), type.ToString());
  return bytes;
}

Json list(const arrow::Array& values, std::int64_t begin, std::int64_t count) {
  Json out = Json::array();
  for (std::int64_t i = begin; i < begin + count; ++i) {
    out.push_back(json_value(values, i));
  }
  return out;
}

Json object(const arrow::StructArray& array, std::int64_t index) {
  Json out = Json::object();
  for (int i = 0; i < array.num_fields(); ++i) {
    if (Json value = json_value(*array.field(i), index); !value.is_null()) {
      out[array.struct_type()->field(i)->name()] = std::move(value);
    }
  }
  return out;
}

Json map(const arrow::MapArray& array, std::int64_t index) {
  Json out = Json::object();
  const std::int64_t begin = array.value_offset(index);
  for (std::int64_t i = begin; i < begin + array.value_length(index); ++i) {
    const Json key = json_value(*array.keys(), i);
    check(key.is_string(), ErrorKind::unsupported, "a map has keys of type {}; JSON has texts only",
          array.keys()->type()->ToString());
    const auto& name = key.get_ref<const std::string&>();
    check(!out.contains(name), ErrorKind::corrupt_data, "a map has the key '{}' twice", name);
    out[name] = json_value(*array.items(), i);
  }
  return out;
}

/// Text of the type arrow.json, as the package `datasets` stores what has no one type, is the value
/// that it stands for.
Json extension(const arrow::ExtensionArray& array, std::int64_t index) {
  Json stored = json_value(*array.storage(), index);
  const auto& type = static_cast<const arrow::ExtensionType&>(*array.type());
  if (type.extension_name() != "arrow.json") {
    return stored;
  }
  return parse_json(stored.get_ref<const std::string&>(), "a value of type arrow.json");
}

// Times, as Python's isoformat() writes them.

constexpr std::int64_t kDaySeconds = 86400;

struct Unit {
  std::int64_t per_second;
  int digits;
};

Unit precision_of(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return {1, 0};
    case arrow::TimeUnit::MILLI:
      return {1000, 3};
    case arrow::TimeUnit::MICRO:
      return {1000000, 6};
    case arrow::TimeUnit::NANO:
      break;
  }
  return {1000000000, 9};
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::string date(std::int64_t days) {
  constexpr std::int64_t kFirst = -719162, kLast = 2932896;  // of the years 1 to 9999
  check(days >= kFirst && days <= kLast, ErrorKind::corrupt_data,
        "a date lies {} days from 1970, outside the years 1 to 9999", days);
  const std::chrono::year_month_day ymd{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

/// `time` units from midnight. Fractions have 6 digits, or 9 where 6 do not do.
std::string time_of_day(std::int64_t time, const Unit& unit) {
  const std::int64_t second = time / unit.per_second;
  check(time >= 0 && second < kDaySeconds, ErrorKind::corrupt_data,
        "a time of day lies {} seconds from midnight", second);
  std::string out = fmt::format("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
  if (const std::int64_t rest = time % unit.per_second; rest != 0) {
    std::string fraction = fmt::format("{:0{}}", rest, unit.digits) + "000";
    fraction.resize(unit.digits == 9 && rest % 1000 != 0 ? 9 : 6);
    out += "." + fraction;
  }
  return out;
}

std::string timestamp(std::int64_t time, const arrow::TimestampType& type) {
  const Unit unit = precision_of(type.unit());
  const std::int64_t day = kDaySeconds * unit.per_second;
  const std::int64_t days = floor_divide(time, day);
  return date(days) + "T" + time_of_day(time - days * day, unit) +
         (type.timezone().empty() ? "" : "+00:00");
}

/// One overload for what has one class in Arrow; templates for kinds.
struct Form {
  std::int64_t index;
  Json out = {};

  arrow::Status Visit(const arrow::StructArray& array) { return give(object(array, index)); }
  arrow::Status Visit(const arrow::MapArray& array) { return give(map(array, index)); }
  arrow::Status Visit(const arrow::DictionaryArray& array) {
    return give(json_value(*array.dictionary(), array.GetValueIndex(index)));
  }
  arrow::Status Visit(const arrow::ExtensionArray& array) { return give(extension(array, index)); }
  template <typename ArrayType>
  arrow::Status Visit(const ArrayType& array) {
    using T = typename ArrayType::TypeClass;
    if constexpr (arrow::is_boolean_type<T>::value || arrow::is_integer_type<T>::value) {
      return give(array.Value(index));
    } else if constexpr (arrow::is_half_float_type<T>::value) {
      return give(number(arrow::util::Float16::FromBits(array.Value(index)).ToDouble()));
    } else if constexpr (arrow::is_floating_type<T>::value) {
      return give(number(array.Value(index)));
    } else if constexpr (arrow::is_decimal_type<T>::value) {
      return give(array.FormatValue(index));
    } else if constexpr (arrow::is_base_binary_type<T>::value ||
                         arrow::is_binary_view_like_type<T>::value ||
                         arrow::is_fixed_size_binary_type<T>::value) {
      return give(text(array.GetView(index), *array.type()));
    } else if constexpr (arrow::is_list_like_type<T>::value || arrow::is_list_view_type<T>::value) {
      return give(list(*array.values(), array.value_offset(index), array.value_length(index)));
    } else {
      return times(array);
    }
  }

 private:
  template <typename ArrayType>
  arrow::Status times(const ArrayType& array) {
    using T = typename ArrayType::TypeClass;
    if constexpr (std::is_same_v<T, arrow::Date32Type>) {
      return give(date(array.Value(index)));
    } else if constexpr (std::is_same_v<T, arrow::Date64Type>) {
      return give(date(floor_divide(array.Value(index), 1000 * kDaySeconds)));
    } else if constexpr (arrow::is_time_type<T>::value) {
      const auto& type = static_cast<const T&>(*array.type());
      return give(time_of_day(array.Value(index), precision_of(type.unit())));
    } else if constexpr (arrow::is_timestamp_type<T>::value) {
      return give(
          timestamp(array.Value(index), static_cast<const arrow::TimestampType&>(*array.type())));
    } else {
      fail(ErrorKind::unsupported, "values of type {} have no form in JSON",
           array.type()->ToString());
    }
  }

  arrow::Status give(Json value) {
    out = std::move(value);
    return arrow::Status::OK();
  }
};

}  // namespace

Json json_value(const arrow::Array& array, std::int64_t index) {
  if (array.IsNull(index)) {
    return nullptr;
  }
  Form form{index};
  const arrow::Status visited = arrow::VisitArrayInline(array, &form);
  check(visited.ok(), ErrorKind::unsupported, "{}", visited.ToString());
  return std::move(form.out);
}

}  // namespace automodel::tables
