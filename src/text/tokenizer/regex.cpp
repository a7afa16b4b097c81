#include "text/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>

#include "base/error.h"
#include "text/tokenizer/regex_syntax.h"

namespace automodel::text {
namespace {

constexpr std::size_t kMaxPatternBytes = 64 << 10;
constexpr std::uint32_t kMaxSteps =
    10'000'000;  // of one search; more means catastrophic backtracking
constexpr std::uint32_t kMaxHeapKibibytes = 64 << 10;
constexpr std::size_t kStackStart = 32 << 10;
constexpr std::size_t kStackLimit = 16 << 20;

struct Free {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

PCRE2_SPTR bytes_of(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

}  // namespace

struct RegexScratch::Data {
  Data() {
    check(match && context, ErrorKind::out_of_memory, "no memory for regular expressions");
    pcre2_set_match_limit(context.get(), kMaxSteps);
    pcre2_set_heap_limit(context.get(), kMaxHeapKibibytes);
    if (stack) {
      pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    }
  }
  std::unique_ptr<pcre2_match_data, Free> match{pcre2_match_data_create(1, nullptr)};
  std::unique_ptr<pcre2_match_context, Free> context{pcre2_match_context_create(nullptr)};
  std::unique_ptr<pcre2_jit_stack, Free> stack{
      pcre2_jit_stack_create(kStackStart, kStackLimit, nullptr)};
};

RegexScratch::RegexScratch() = default;
RegexScratch::~RegexScratch() = default;

struct Regex::Code {
  std::unique_ptr<pcre2_code, Free> compiled;
};

Regex::Regex(std::string_view pattern) : pattern_(pattern) {
  check(pattern.size() <= kMaxPatternBytes, ErrorKind::unsupported,
        "a regular expression of {} bytes is longer than the {} that are supported", pattern.size(),
        kMaxPatternBytes);
  const std::string translated = to_pcre2(pattern);
  const std::unique_ptr<pcre2_compile_context, Free> context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE where = 0;
  auto code = std::make_shared<Code>();
  code->compiled.reset(
      pcre2_compile(bytes_of(translated), translated.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
                    &where, context.get()));
  check(code->compiled != nullptr, ErrorKind::corrupt_data,
        "regular expression '{}' does not compile: {} (as PCRE2: '{}', byte {})", pattern_,
        message_of(error), translated, where);
  pcre2_jit_compile(code->compiled.get(),
                    PCRE2_JIT_COMPLETE);  // where there is no JIT it is only slower
  code_ = std::move(code);
}

std::optional<Span> Regex::find(std::string_view text, std::size_t from,
                                RegexScratch& scratch) const {
  if (!scratch.data_) {
    scratch.data_ = std::make_unique<RegexScratch::Data>();
  }
  const auto& data = *scratch.data_;
  const auto run = [&](std::uint32_t options) {
    return pcre2_match(code_->compiled.get(), bytes_of(text), text.size(), from,
                       PCRE2_NO_UTF_CHECK | options, data.match.get(), data.context.get());
  };
  int result = run(0);
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
    result = run(PCRE2_NO_JIT);
  }
  if (result == PCRE2_ERROR_NOMATCH) {
    return std::nullopt;
  }
  check(result >= 0, ErrorKind::invalid_argument,
        "regular expression '{}' gave up on a text of {} bytes: {}", pattern_, text.size(),
        message_of(result));
  const PCRE2_SIZE* const range = pcre2_get_ovector_pointer(data.match.get());
  return Span{range[0], range[1]};
}

}  // namespace automodel::text
