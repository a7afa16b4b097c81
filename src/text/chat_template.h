#pragma once
// Chat templates: the Jinja programs of Hugging Face tokenizers that turn messages into the text a
// model reads.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/render_limits.h"
#include "text/span.h"

namespace automodel::text {

/// The tokenizer's named special tokens; an unset one is undefined in the template, as in
/// Transformers.
struct SpecialTokens {
  std::optional<std::string> bos_token;
  std::optional<std::string> eos_token;
  std::optional<std::string> unk_token;
  std::optional<std::string> sep_token;
  std::optional<std::string> pad_token;
  std::optional<std::string> cls_token;
  std::optional<std::string> mask_token;
  /// With names of the model's own, e.g. image_token.
  std::map<std::string, std::string> named = {};
  bool operator==(const SpecialTokens&) const = default;
};

/// How apply_chat_template's keyword arguments of the same names are passed.
struct RenderOptions {
  bool add_generation_prompt = false;
  /// Cuts the text after the last message's content, so that a model goes on with it.
  bool continue_final_message = false;
  Json tools;      // null, or an array of JSON schemas
  Json documents;  // null, or an array of objects
  /// Further variables, e.g. enable_thinking; they win over the special tokens.
  Json extra = Json::object();
  /// What strftime_now sees, in seconds since 1970; unset: the clock. Set it for reproducible text.
  std::optional<std::int64_t> now;
  RenderLimits limits;
};

struct Rendered {
  std::string text;
  std::vector<Span>
      generation_spans;  // of {% generation %} blocks in order; empty if none was reached
  bool has_generation_blocks = false;  // whether the template contains such blocks at all
};

/// A parsed template. Immutable, thread-safe, cheap to copy.
/// Source: Transformers' apply_chat_template (jinja2's ImmutableSandboxedEnvironment with
/// trim_blocks, lstrip_blocks, loop controls and {% generation %}); renders the same bytes.
class ChatTemplate {
 public:
  /// `name` stands for the template in errors. Throws Error(invalid_argument) that names template
  /// and line on a syntax error, Error(unsupported) for the parts of Jinja that chat templates
  /// cannot use (include, import, extends ...).
  static ChatTemplate parse(std::string source, std::string name);

  /// messages: array of objects. Throws Error(invalid_argument) with the template's own text as
  /// message() if it calls raise_exception, and with Jinja's text where Jinja would raise; what()
  /// names template and line.
  Rendered render(const Json& messages, const RenderOptions& options = {},
                  const SpecialTokens& tokens = {}) const;

  const std::string& source() const;
  const std::string& name() const;
  /// Whether the template reads this variable from outside, e.g. "tools".
  bool uses(std::string_view variable) const;

 private:
  struct Program;
  explicit ChatTemplate(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace automodel::text
