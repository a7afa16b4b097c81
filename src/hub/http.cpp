#include "hub/http.h"

#include <curl/curl.h>

#include <array>
#include <exception>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace automodel::hub {
namespace {

constexpr int kMaxRedirects = 10;
constexpr std::size_t kMaxBodyBytes = std::size_t{64} << 20;
constexpr std::string_view kSecure = "https://";

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

Url parse_url(const std::string& text) {
  Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return nullptr;
  }
  return url;
}

std::string part_of(const Url& url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (!url || curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) {
    return "";
  }
  const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
  return text;
}

/// "https://host:443"; empty for what is no address.
std::string origin_of(const std::string& text) {
  const Url url = parse_url(text);
  const std::string host = part_of(url, CURLUPART_HOST);
  return host.empty() ? ""
                      : to_lower_ascii(part_of(url, CURLUPART_SCHEME) + "://" + host + ":" +
                                       part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

/// Where a Location header leads from `base`; empty for what is no address.
std::string target_of(const std::string& base, const std::string& location) {
  const Url url = parse_url(base);
  return url && !location.empty() &&
                 curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) == CURLUE_OK
             ? part_of(url, CURLUPART_URL)
             : "";
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// What will fail again in the same way.
bool is_lasting(CURLcode code) {
  constexpr auto kLasting = std::to_array<CURLcode>(
      {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_UNSUPPORTED_PROTOCOL,
       CURLE_URL_MALFORMAT, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
       CURLE_SSL_CERTPROBLEM, CURLE_SSL_ENGINE_NOTFOUND});
  for (const CURLcode lasting : kLasting) {
    if (code == lasting) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

struct Http::Handles {
  Handles() {
    check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, ErrorKind::internal,
          "libcurl does not start");
    easy = curl_easy_init();
    check(easy != nullptr, ErrorKind::internal, "libcurl does not start");
  }
  ~Handles() {
    curl_easy_cleanup(easy);
    curl_global_cleanup();
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  CURL* easy = nullptr;
};

/// One request on its way; libcurl calls its functions.
struct Http::Transfer {
  CURL* easy;
  const Sink* sink;
  std::int64_t first_byte;
  Answer answer = {};
  bool begun = false;
  std::exception_ptr thrown = nullptr;

  /// Where the content begins, from the answer's status and Content-Range.
  std::int64_t found_first_byte() const {
    const std::string range = answer.header("content-range");
    const std::string wanted = fmt::format("bytes {}-", first_byte);
    if (answer.status == 200) {
      return 0;
    }
    check(range.starts_with(wanted), ErrorKind::corrupt_data,
          "{} was asked for bytes from {} and sends '{}'", answer.url, first_byte, range);
    return first_byte;
  }

  void begin() {
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    if (!begun && sink != nullptr && answer.ok()) {
      begun = true;
      sink->begin(found_first_byte());
    }
  }

  void take(std::string_view bytes) {
    begin();
    if (begun) {
      sink->write(bytes);
    } else {
      const auto space = kMaxBodyBytes - std::min(kMaxBodyBytes, answer.body.size());
      answer.body.append(bytes.substr(0, space));
    }
  }

  void take_header(std::string_view bytes) {
    const std::string_view line = trim(bytes);
    const auto colon = line.find(':');
    if (line.starts_with("HTTP/")) {
      answer.headers.clear();  // a proxy or "100 Continue" answered first
    } else if (colon != std::string_view::npos) {
      answer.headers[to_lower_ascii(line.substr(0, colon))] = trim(line.substr(colon + 1));
    }
  }

  /// As libcurl, which is C and lets no exception through, calls a member function.
  template <void (Transfer::*take_bytes)(std::string_view)>
  static std::size_t call(const char* bytes, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      (transfer.*take_bytes)({bytes, count});
      return count;
    } catch (...) {
      transfer.thrown = std::current_exception();
      return 0;  // anything but `count` ends the transfer
    }
  }
};

Http::Http(Settings settings)
    : settings_(std::move(settings)), handles_(std::make_unique<Handles>()) {}

Http::~Http() = default;

Answer Http::get_once(const std::string& url, std::int64_t first_byte, const Sink* sink) {
  CURL* easy = handles_->easy;
  Transfer transfer{.easy = easy, .sink = sink, .first_byte = first_byte};
  transfer.answer.url = printable_url(url);
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "automodel/" AM_VERSION);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(settings_.connect_seconds * 1000));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                   std::max(1L, static_cast<long>(settings_.silence_seconds)));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::call<&Transfer::take>);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::call<&Transfer::take_header>);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  if (!settings_.certificates.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, settings_.certificates.c_str());
  }
  if (!settings_.token.empty() && origin_of(url) == origin_of(settings_.endpoint)) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, settings_.token.c_str());
  }
  if (first_byte > 0) {
    curl_easy_setopt(easy, CURLOPT_RANGE, fmt::format("{}-", first_byte).c_str());
  }
  const CURLcode code = curl_easy_perform(easy);
  if (transfer.thrown) {
    std::rethrow_exception(transfer.thrown);
  }
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &transfer.answer.status);
  if (code != CURLE_OK) {
    transfer.answer.status = 0;
    transfer.answer.failure = reason[0] == '\0' ? curl_easy_strerror(code) : reason.data();
    transfer.answer.is_transient = !is_lasting(code);
  } else {
    transfer.begin();  // the content may be empty
  }
  return std::move(transfer.answer);
}

Answer Http::get(const std::string& url, std::int64_t first_byte, const Sink* sink) {
  std::string address = url;
  for (int i = 0; i <= kMaxRedirects; ++i) {
    Answer answer = get_once(address, first_byte, sink);
    if (!is_redirect(answer.status)) {
      return answer;
    }
    const std::string target = target_of(address, answer.header("location"));
    check(!target.empty(), ErrorKind::corrupt_data, "{} leads to an address that is none: '{}'",
          answer.url, printable_url(answer.header("location")));
    check(target.starts_with(kSecure) || !address.starts_with(kSecure), ErrorKind::corrupt_data,
          "{} leads to {}, which is not encrypted; this is not followed", answer.url,
          printable_url(target));
    address = target;
  }
  fail(ErrorKind::corrupt_data, "{} leads from one address to the next more than {} times",
       printable_url(url), kMaxRedirects);
}

std::string url_escaped(std::string_view text, bool keep_slashes) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || (keep_slashes && c == '/');
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace automodel::hub
