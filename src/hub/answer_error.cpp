#include "hub/answer_error.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "hub/retry.h"

namespace automodel::hub {
namespace {

constexpr const char* kTokenPage = "/settings/tokens";

std::string noun(const HubRepo& repo) {
  return repo.kind == RepoKind::model ? "model" : "data set";
}

std::string page_of(const HubRepo& repo, const std::string& endpoint) {
  return fmt::format("{}/{}{}", endpoint, repo.kind == RepoKind::model ? "" : "datasets/", repo.id);
}

/// How to show who one is.
std::string login_advice(const Settings& settings, const std::string& endpoint) {
  return settings.token.empty()
             ? fmt::format("set HF_TOKEN to a token of your account ({}{}), or run 'hf auth login'",
                           endpoint, kTokenPage)
             : fmt::format("the account of the token in {} must have access",
                           settings.token_source);
}

/// "(HTTP 403: reason)": what the server said.
std::string said(const Answer& answer) {
  const std::string reason = answer.header("x-error-message");
  return fmt::format("(HTTP {}{}{})", answer.status, reason.empty() ? "" : ": ", reason);
}

[[noreturn]] void fail_unreachable(const Answer& answer, const Asked& asked) {
  fail(ErrorKind::io,
       "cannot get {} from {}: {}. Check the connection, HTTPS_PROXY and HF_ENDPOINT, then repeat "
       "the command: it goes on with what has arrived. With HF_HUB_OFFLINE=1 only the cache {} is "
       "used",
       asked.file.empty() ? to_string(asked.repo) : asked.file, answer.url, answer.failure,
       hub_cache_folder().string());
}

[[noreturn]] void fail_limited(const Answer& answer, const Settings& settings) {
  const auto pause = wanted_pause(answer);
  fail(ErrorKind::io, "{} answers too many requests {}; try again {}{}", answer.url, said(answer),
       pause ? fmt::format("in {} seconds", std::ceil(*pause)) : "later",
       settings.token.empty() ? ", or set HF_TOKEN: with an account more are allowed" : "");
}

[[noreturn]] void fail_hidden(const Answer& answer, const Asked& asked, const Settings& settings) {
  const auto endpoint = printable_url(settings.endpoint);
  fail(ErrorKind::not_found,
       "there is no {0} {1} on {2} {3}, or it is private. Check the name; to see what is private, "
       "{4}",
       noun(asked.repo), asked.repo.id, endpoint, said(answer), login_advice(settings, endpoint));
}

/// By what the hub calls the reason.
void fail_by_code(const Answer& answer, const Asked& asked, const Settings& settings) {
  const std::string code = answer.header("x-error-code");
  const auto endpoint = printable_url(settings.endpoint);
  const auto page = page_of(asked.repo, endpoint);
  if (code == "GatedRepo") {
    fail(ErrorKind::invalid_argument,
         "the {0} {1} is gated {2}: its owners let in who accepts their conditions. Open {3}, "
         "accept them there, and {4}",
         noun(asked.repo), asked.repo.id, said(answer), page, login_advice(settings, endpoint));
  }
  if (code == "RevisionNotFound") {
    fail(ErrorKind::not_found,
         "the {} {} has no revision '{}' {}; its branches and tags are on {}/tree/main",
         noun(asked.repo), asked.repo.id, asked.repo.revision, said(answer), page);
  }
  if (code == "EntryNotFound") {
    fail(ErrorKind::not_found, "{} has no file {} {}", to_string(asked.repo), asked.file,
         said(answer));
  }
  if (code == "RepoNotFound") {
    fail_hidden(answer, asked, settings);
  }
}

}  // namespace

void fail_answer(const Answer& answer, const Asked& asked, const Settings& settings) {
  if (answer.status == 0) {
    fail_unreachable(answer, asked);
  }
  const bool is_refused_token =
      answer.status == 401 && !settings.token.empty() &&
      answer.header("x-error-message").find("Invalid credentials") != std::string::npos;
  if (is_refused_token) {
    fail(ErrorKind::invalid_argument,
         "the hub refuses the token of {} {}: it is mistyped or expired. Make a new one on {}{}; "
         "public models need none",
         settings.token_source, said(answer), printable_url(settings.endpoint), kTokenPage);
  }
  fail_by_code(answer, asked, settings);
  if (answer.status == 401 || answer.status == 404) {
    fail_hidden(answer, asked, settings);
  }
  if (answer.status == 403) {
    fail(ErrorKind::invalid_argument, "{} is forbidden {}; {}", answer.url, said(answer),
         login_advice(settings, printable_url(settings.endpoint)));
  }
  if (answer.status == 429) {
    fail_limited(answer, settings);
  }
  fail(answer.status >= 500 ? ErrorKind::io : ErrorKind::unsupported,
       "{} does not give what was asked for {}{}", answer.url, said(answer),
       answer.status >= 500 ? "; the server is in trouble: try again later"
                            : "; does HF_ENDPOINT speak the hub's API?");
}

}  // namespace automodel::hub
