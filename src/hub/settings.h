#pragma once
// How to reach Hugging Face's hub, from the variables that huggingface_hub reads.

#include <string>
#include <string_view>

namespace automodel::hub {

struct Settings {
  /// HF_ENDPOINT, without a slash at its end.
  std::string endpoint = "https://huggingface.co";
  /// HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else the file HF_TOKEN_PATH (HF_HOME/token); empty:
  /// none, also with HF_HUB_DISABLE_IMPLICIT_TOKEN.
  std::string token;
  /// Where the token is from, for messages: "HF_TOKEN" or a file.
  std::string token_source;
  /// HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE.
  bool offline = false;
  double connect_seconds = 10;
  /// HF_HUB_DOWNLOAD_TIMEOUT: the longest silence of a server.
  double silence_seconds = 30;
  /// Certificates: SSL_CERT_FILE, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE; empty: the system's.
  std::string certificates;
  /// Before the second attempt; doubled before each further one.
  double pause_seconds = 1;
};

/// Of this process. Throws Error(invalid_argument) that names the variable, never its value if it
/// is secret.
Settings read_settings();

/// The address without what may be secret: user and password, and the query of signed addresses.
std::string printable_url(std::string_view url);

}  // namespace automodel::hub
