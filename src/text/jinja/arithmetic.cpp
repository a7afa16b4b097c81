#include "text/jinja/arithmetic.h"

#include <fmt/format.h>

#include <cmath>
#include <compare>
#include <cstdlib>
#include <limits>

#include "base/error.h"
#include "base/known.h"

namespace automodel::text::jinja {
namespace {

std::int64_t checked(bool overflows, std::int64_t result, BinaryOp op) {
  check(!overflows, ErrorKind::invalid_argument,
        "the integer result of {} does not fit 64 bits; templates here have no larger ones",
        symbol(op));
  return result;
}

void check_divisor(bool is_zero, std::string_view text) {
  check(!is_zero, ErrorKind::invalid_argument, "{}", text);
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  check_divisor(b == 0, "integer division or modulo by zero");
  if (b == -1) {
    const bool overflows = a == std::numeric_limits<std::int64_t>::min();
    return checked(overflows, overflows ? 0 : -a, BinaryOp::floor_div);
  }
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a % b < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::int64_t modulo(std::int64_t a, std::int64_t b) {
  check_divisor(b == 0, "integer modulo by zero");
  if (b == -1) {
    return 0;
  }
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::int64_t power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  while (exponent > 0) {
    if (exponent % 2 == 1) {
      checked(__builtin_mul_overflow(result, base, &result), 0, BinaryOp::pow);
    }
    exponent /= 2;
    if (exponent > 0) {
      checked(__builtin_mul_overflow(base, base, &base), 0, BinaryOp::pow);
    }
  }
  return result;
}

// The float remainder with the sign of b, and the matching floor quotient.
std::pair<double, double> float_divmod(double a, double b) {
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0.0 && (b < 0) != (rest < 0)) {
    rest += b;
    quotient -= 1.0;
  } else if (rest == 0.0) {
    rest = std::copysign(0.0, b);
  }
  if (quotient == 0.0) {
    return {std::copysign(0.0, a / b), rest};
  }
  const double floored = std::floor(quotient);
  return {quotient - floored > 0.5 ? floored + 1.0 : floored, rest};
}

double float_power(double base, double exponent) {
  check_divisor(base == 0.0 && exponent < 0, "0.0 cannot be raised to a negative power");
  check(base >= 0 || !std::isfinite(base) || !std::isfinite(exponent) ||
            exponent == std::floor(exponent),
        ErrorKind::unsupported, "complex numbers are not supported: {} ** {}", base, exponent);
  const double result = std::pow(base, exponent);
  check(!(std::isinf(result) && std::isfinite(base) && std::isfinite(exponent)),
        ErrorKind::invalid_argument, "(34, 'Numerical result out of range')");
  return result;
}

double true_divide(std::int64_t a, std::int64_t b) {
  check_divisor(b == 0, "division by zero");
  return static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b));
}

Value apply_to_integers(BinaryOp op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflows = false;
  switch (op) {
    case BinaryOp::add:
      overflows = __builtin_add_overflow(a, b, &result);
      break;
    case BinaryOp::sub:
      overflows = __builtin_sub_overflow(a, b, &result);
      break;
    case BinaryOp::mul:
      overflows = __builtin_mul_overflow(a, b, &result);
      break;
    case BinaryOp::div:
      return true_divide(a, b);
    case BinaryOp::floor_div:
      return floor_divide(a, b);
    case BinaryOp::mod:
      return modulo(a, b);
    case BinaryOp::pow:
      return b < 0 ? Value(float_power(static_cast<double>(a), static_cast<double>(b)))
                   : Value(power(a, b));
  }
  return checked(overflows, result, op);
}

Value apply_to_floats(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::add:
      return a + b;
    case BinaryOp::sub:
      return a - b;
    case BinaryOp::mul:
      return a * b;
    case BinaryOp::div:
      check_divisor(b == 0.0, "float division by zero");
      return a / b;
    case BinaryOp::floor_div:
      check_divisor(b == 0.0, "float floor division by zero");
      return float_divmod(a, b).first;
    case BinaryOp::mod:
      check_divisor(b == 0.0, "float modulo");
      return float_divmod(a, b).second;
    case BinaryOp::pow:
      return float_power(a, b);
  }
  return None{};
}

std::partial_ordering order(std::int64_t a, double b) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(b)) {
    return std::partial_ordering::unordered;
  }
  if (b >= kTwoTo63) {
    return std::partial_ordering::less;
  }
  if (b < -kTwoTo63) {
    return std::partial_ordering::greater;
  }
  const auto whole = static_cast<std::int64_t>(b);
  if (a != whole) {
    return a <=> whole;
  }
  return 0.0 <=> b - std::trunc(b);
}

}  // namespace

std::partial_ordering order_numbers(const Value& a, const Value& b) {
  const auto x = as_integer(a);
  const auto y = as_integer(b);
  if (x && y) {
    return *x <=> *y;
  }
  if (x) {
    return order(*x, *b.as<double>());
  }
  if (y) {
    return 0 <=> order(*y, *a.as<double>());
  }
  return *a.as<double>() <=> *b.as<double>();
}

Value apply_to_numbers(BinaryOp op, const Value& a, const Value& b) {
  const auto x = as_integer(a);
  const auto y = as_integer(b);
  return x && y ? apply_to_integers(op, *x, *y)
                : apply_to_floats(op, known(as_number(a)), known(as_number(b)));
}

double round_to_digits(double number, std::int64_t digits) {
  constexpr std::int64_t kAllDigits = 330;
  if (!std::isfinite(number) || digits > kAllDigits) {
    return number;
  }
  if (digits < -kAllDigits) {
    return std::copysign(0.0, number);
  }
  if (digits >= 0) {
    return std::strtod(fmt::format("{:.{}f}", number, digits).c_str(), nullptr);
  }
  const auto places = static_cast<int>(-digits);
  const std::string whole = fmt::format("{:.0f}", std::trunc(std::abs(number)));
  if (static_cast<int>(whole.size()) < places) {
    return std::copysign(0.0, number);
  }
  return std::copysign(
      std::nearbyint(std::abs(number) / std::pow(10.0, places)) * std::pow(10.0, places), number);
}

}  // namespace automodel::text::jinja
