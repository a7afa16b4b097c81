#pragma once
// The regular expressions in tokenizer.json are written for Oniguruma; PCRE2 reads most of them the
// same way, not all.

#include <string>
#include <string_view>

namespace automodel::text {

/// The PCRE2 expression (for PCRE2_UTF and PCRE2_MULTILINE) that matches what Oniguruma matches
/// with `pattern`:
/// \s, \w, \h and \b with Oniguruma's Unicode meaning, [a&&[^b]] and nested classes, \p{^L}, (?m),
/// {n,m}+,
/// (?i) up to the end of its group.
/// Throws Error(unsupported) for constructs that have no translation, Error(corrupt_data) for an
/// unfinished expression.
std::string to_pcre2(std::string_view pattern);

}  // namespace automodel::text
