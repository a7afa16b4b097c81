#include "models/classifiers.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace automodel::models {
namespace {

/// The end of the names of all such classes; in "architectures" it stands for that of any type.
constexpr const char* kAnyClassifier = "ForSequenceClassification";
constexpr std::int64_t kUsualLabels = 2;  // where config.json is silent
constexpr const char* kProblem = "problem_type";
constexpr const char* kSingleLabel = "single_label_classification";

struct ClassifierClass {
  std::string_view model_type;
  std::string_view name;  // before kAnyClassifier
};

/// Transformers' classes whose head is `score` and nothing else.
constexpr auto kClasses =
    std::to_array<ClassifierClass>({{"arcee", "Arcee"},
                                    {"axk1", "AXK1"},
                                    {"biogpt", "BioGpt"},
                                    {"bloom", "Bloom"},
                                    {"cohere_compass_text", "CohereCompassText"},
                                    {"deepseek_v2", "DeepseekV2"},
                                    {"deepseek_v3", "DeepseekV3"},
                                    {"exaone4", "Exaone4"},
                                    {"falcon", "Falcon"},
                                    {"gemma", "Gemma"},
                                    {"gemma2", "Gemma2"},
                                    {"gemma3_text", "Gemma3Text"},
                                    {"glm", "Glm"},
                                    {"glm4", "Glm4"},
                                    {"gpt-sw3", "GPT2"},
                                    {"gpt2", "GPT2"},
                                    {"gpt_bigcode", "GPTBigCode"},
                                    {"gpt_neo", "GPTNeo"},
                                    {"gpt_neox", "GPTNeoX"},
                                    {"gpt_oss", "GptOss"},
                                    {"gptj", "GPTJ"},
                                    {"helium", "Helium"},
                                    {"hunyuan_v1_dense", "HunYuanDenseV1"},
                                    {"hunyuan_v1_moe", "HunYuanMoEV1"},
                                    {"llama", "Llama"},
                                    {"minicpm3", "MiniCPM3"},
                                    {"ministral", "Ministral"},
                                    {"ministral3", "Ministral3"},
                                    {"mistral", "Mistral"},
                                    {"mixtral", "Mixtral"},
                                    {"mpt", "Mpt"},
                                    {"nemotron", "Nemotron"},
                                    {"olmo", "Olmo"},
                                    {"olmo2", "Olmo2"},
                                    {"olmo3", "Olmo3"},
                                    {"openai-gpt", "OpenAIGPT"},
                                    {"opt", "OPT"},
                                    {"persimmon", "Persimmon"},
                                    {"phi", "Phi"},
                                    {"phi3", "Phi3"},
                                    {"qwen2", "Qwen2"},
                                    {"qwen2_moe", "Qwen2Moe"},
                                    {"qwen3", "Qwen3"},
                                    {"qwen3_moe", "Qwen3Moe"},
                                    {"seed_oss", "SeedOss"},
                                    {"smollm3", "SmolLM3"},
                                    {"stablelm", "StableLm"},
                                    {"starcoder2", "Starcoder2"}});

std::string class_of(const ConfigReader& config, std::string_view model_type) {
  const auto* found = std::ranges::find(kClasses, model_type, &ClassifierClass::model_type);
  if (found == kClasses.end()) {
    std::vector<std::string> types;
    std::ranges::transform(kClasses, std::back_inserter(types),
                           [](const ClassifierClass& one) { return std::string(one.model_type); });
    fail(ErrorKind::unsupported,
         "{}: models of the type '{}' cannot be classifiers of sequences here: Transformers has "
         "none of them with a head of one linear layer. Types that can: {}",
         config.source(), model_type, join(types, ", "));
  }
  return std::string(found->name) + kAnyClassifier;
}

/// Transformers' name of a class that has none.
std::string usual_name(const std::string& label) { return "LABEL_" + label; }

/// {"LABEL_0": 0, "LABEL_1": 1}
bool are_usual(const Json& numbers) {
  return numbers.is_object() && std::ranges::all_of(numbers.items(), [](const auto& item) {
           return item.key() == usual_name(item.value().dump());
         });
}

/// {"0": "no", "1": "yes"}
std::int64_t count_names(const Json& names, const std::string& source) {
  for (std::size_t label = 0; label < names.size(); ++label) {
    const auto found = names.find(std::to_string(label));
    check(found != names.end() && found->is_string(), ErrorKind::corrupt_data,
          "{}: id2label is {}; expected a name for each number from 0 to {}", source, names.dump(),
          names.size() - 1);
  }
  return static_cast<std::int64_t>(names.size());
}

std::int64_t read_num_labels(const ConfigReader& config, const Json& json) {
  const auto stated = config.maybe_integer("num_labels");
  std::optional<std::int64_t> named;
  if (config.has("id2label")) {
    config.object("id2label");  // or it throws
    named = count_names(json.at("id2label"), config.source());
  }
  check(!stated || !named || *stated == *named, ErrorKind::corrupt_data,
        "{}: num_labels is {}, but id2label has {} entries; give one of them", config.source(),
        stated.value_or(0), named.value_or(0));
  const auto count = stated ? *stated : named.value_or(kUsualLabels);
  check(count > 0, ErrorKind::corrupt_data, "{}: the model has {} classes, expected at least 1",
        config.source(), count);
  return count;
}

}  // namespace

Json classifier_overrides(std::int64_t num_labels) {
  return {{"architectures", Json::array({kAnyClassifier})}, {"num_labels", num_labels}};
}

bool is_classifier(const Json& config) {
  const auto found = config.find("architectures");
  return found != config.end() && found->is_array() &&
         std::ranges::any_of(*found, [](const Json& name) {
           return name.is_string() && name.get_ref<const std::string&>().ends_with(kAnyClassifier);
         });
}

spec::ModelSpec read_classifier(const ConfigReader& config, const Json& json,
                                const spec::ModelSpec& language_model) {
  config.texts("architectures");
  config.text("problem_type", "");
  auto out = spec::as_classifier(language_model, read_num_labels(config, json));
  out.architecture = class_of(config, out.model_type);
  return out;
}

void check_trains(const Json& config, std::int64_t num_labels) {
  check(num_labels > 1, ErrorKind::unsupported,
        "the model has {} class; classification needs 2 or more (one alone would be regression, "
        "which is not supported)",
        num_labels);
  const Json problem = config.value(kProblem, Json());
  check(problem.is_null() || problem == kSingleLabel, ErrorKind::unsupported,
        "problem_type is {}; only {} is trained", problem.dump(), kSingleLabel);
}

std::vector<std::string> class_names(const Json& config) {
  const Json given = config.value("id2label", Json());
  const Json numbers = config.value("label2id", Json());
  std::vector<std::string> names;
  bool are_own = false;
  for (std::size_t label = 0; label < given.size(); ++label) {
    const auto name = given.at(std::to_string(label)).get<std::string>();
    const Json number = numbers.is_object() ? numbers.value(name, Json(label)) : Json(label);
    check(number == Json(label) || number == Json(std::to_string(label)), ErrorKind::corrupt_data,
          "config.json's id2label calls class {} '{}', but its label2id gives that name the number "
          "{}; say what the classes are by model.id2label",
          label, name, number.dump());
    check(std::ranges::find(names, name) == names.end(), ErrorKind::corrupt_data,
          "config.json's id2label gives several classes the name '{}'; say what the classes are by "
          "model.id2label",
          name);
    are_own = are_own || name != usual_name(std::to_string(label));
    names.push_back(name);
  }
  check(
      !given.empty() || numbers.empty() || are_usual(numbers), ErrorKind::corrupt_data,
      "config.json has label2id ({}) without id2label, which alone tells the classes' names; give "
      "them by model.id2label",
      numbers.dump());
  return are_own ? names : std::vector<std::string>();
}

Json with_class_names(Json config, const std::vector<std::string>& names) {
  config["id2label"] = Json::object();
  for (std::size_t label = 0; label < names.size(); ++label) {
    config["id2label"][std::to_string(label)] = names[label];
  }
  config.erase("label2id");
  return config;
}

Json class_keys(const Json& config, std::int64_t num_labels) {
  Json names = Json::object();
  Json numbers = Json::object();
  const Json given = config.value("id2label", Json::object());
  for (std::int64_t label = 0; label < num_labels; ++label) {
    const auto key = std::to_string(label);
    const Json name = given.is_object() ? given.value(key, Json()) : Json();
    names[key] = name.is_string() ? name : Json(usual_name(key));
    numbers[names[key].get<std::string>()] = label;
  }
  Json out = {{"id2label", names}, {"label2id", numbers}};
  const Json problem = config.value(kProblem, Json());
  if (!problem.is_null() || num_labels > 1) {
    out[kProblem] = problem.is_null() ? Json(kSingleLabel) : problem;
  }
  return out;
}

}  // namespace automodel::models
