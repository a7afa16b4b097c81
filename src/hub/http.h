#pragma once
// HTTP GET through libcurl: redirects, ranges, proxies as the usual variables name them.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "hub/settings.h"

namespace automodel::hub {

/// Takes the content of a good answer; what it throws ends the transfer and is passed on.
struct Sink {
  /// The content begins at this byte: that which was asked for, or 0 if the server knows no ranges.
  std::function<void(std::int64_t first_byte)> begin;
  std::function<void(std::string_view bytes)> write;
};

struct Answer {
  /// Of HTTP; 0: no complete answer arrived.
  long status = 0;
  /// Why not. Nothing secret is in it.
  std::string failure;
  /// Trying again may help.
  bool is_transient = false;
  /// The address that answered in the end, without what may be secret.
  std::string url;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  /// Of answers that go to no sink; cut at 64 MiB.
  std::string body;

  bool ok() const { return status == 200 || status == 206; }
  std::string header(const std::string& name) const;
};

/// One connection that is kept open between requests. Not for several threads at once.
class Http {
 public:
  explicit Http(Settings settings);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  /// Follows up to ten redirects. The token goes to the endpoint's own scheme, host and port only;
  /// an encrypted address never leads to one that is not. With a sink the content of an answer
  /// 200 or 206 goes there.
  Answer get(const std::string& url, std::int64_t first_byte = 0, const Sink* sink = nullptr);

 private:
  struct Transfer;
  struct Handles;
  Answer get_once(const std::string& url, std::int64_t first_byte, const Sink* sink);

  Settings settings_;
  std::unique_ptr<Handles> handles_;
};

/// A place in an address ("%2F" for "/" and so on); slashes stay if `keep_slashes`.
std::string url_escaped(std::string_view text, bool keep_slashes = false);

}  // namespace automodel::hub
