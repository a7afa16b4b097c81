#include "hub/settings.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hub_cache.h"
#include "base/text.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) { return std::string(trim(environment(name))); }

/// The first of `names` that is set.
std::string first_variable(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto value = variable(name); !value.empty()) {
      return value;
    }
  }
  return "";
}

bool is_true(const std::string& value) {
  constexpr std::array<std::string_view, 4> kTrue = {"1", "on", "yes", "true"};
  return std::ranges::find(kTrue, to_lower_ascii(value)) != kTrue.end();
}

/// It becomes part of a header.
void check_token(const std::string& token, const std::string& source) {
  const bool ok = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
  check(ok, ErrorKind::invalid_argument,
        "the token of {} has blanks or characters that no token has; copy it again", source);
}

void read_token(Settings& settings) {
  if (is_true(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) {
    return;
  }
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (settings.token.empty()) {
      settings.token = variable(name);
      settings.token_source = name;
    }
  }
  const auto named = variable("HF_TOKEN_PATH");
  const fs::path file = named.empty() ? hub_home() / "token" : fs::path(named);
  std::error_code ignored;
  if (settings.token.empty() && fs::is_regular_file(file, ignored)) {
    settings.token = trim(read_file(file));
    settings.token_source = file.string();
  }
  check_token(settings.token, settings.token_source);
}

std::string read_endpoint(const std::string& fallback) {
  std::string value = variable("HF_ENDPOINT");
  if (value.empty()) {
    return fallback;
  }
  check(value.starts_with("https://") || value.starts_with("http://"), ErrorKind::invalid_argument,
        "HF_ENDPOINT is '{}'; it must be an address like https://huggingface.co",
        printable_url(value));
  while (value.ends_with('/')) {
    value.pop_back();
  }
  return value;
}

double read_seconds(const char* name, double fallback) {
  const auto text = variable(name);
  if (text.empty()) {
    return fallback;
  }
  const double value = parse_number<double>(text).value_or(0);
  check(value > 0, ErrorKind::invalid_argument,
        "{} is '{}'; it must be a number of seconds above 0", name, text);
  return value;
}

}  // namespace

Settings read_settings() {
  Settings out;
  out.endpoint = read_endpoint(out.endpoint);
  out.offline = is_true(first_variable({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}));
  out.silence_seconds = read_seconds("HF_HUB_DOWNLOAD_TIMEOUT", out.silence_seconds);
  out.connect_seconds = std::min(out.connect_seconds, out.silence_seconds);
  out.certificates = first_variable({"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"});
  read_token(out);
  return out;
}

std::string printable_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return std::string(url);
  }
  const auto host = scheme + 3;
  const auto slash = std::min(url.find('/', host), url.size());
  const auto at = url.substr(0, slash).rfind('@');
  const auto begin = at == std::string_view::npos || at < host ? host : at + 1;
  return std::string(url.substr(0, host)) + std::string(url.substr(begin));
}

}  // namespace automodel::hub
