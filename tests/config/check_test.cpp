#include "config/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/interpolate.h"
#include "config/yaml.h"

namespace automodel::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Key table() {
  Key shape = target_mapping("shape", "a shape",
                             {{.name = "pkg.Circle",
                               .doc = "round",
                               .keys = {number("radius", "").must().greater_than(0)},
                               .aliases = {"pkg.*.Disc"}},
                              {.name = "pkg.Square",
                               .doc = "square",
                               .keys = {integer("side", "", 1)},
                               .extra = Extra::free}});
  shape.keys = {flag("filled", "", false)};
  return mapping(
      "", "",
      {integer("count", "how many", 2).at_least(1).at_most(9), text("name", "").or_null(),
       texts("tags", "").of({"red", "blue|azure"}), betas("betas", {0.5, 0.5}),
       flag("mode", "", false).one_of({"all|true", "some", "none|false"}).in_any_case(), shape,
       mapping("opt", "", {number("x", "", 1), number("limit", "").keeping_integers()})
           .always_there(),
       mapping("loose", "", {text("known", "")}).accepting(Extra::ignored),
       mapping("conf", "", {}).accepting(Extra::model_config), dead("old", "replaced"),
       text("set", "").with_prefix(), text("fn", "").or_absent()});
}

CheckedTree check_yaml(const std::string& yaml) {
  return check_tree(table(), type_tree(parse_yaml(yaml, "r").root, {}).root);
}

std::vector<std::string> problems(const std::string& yaml) {
  std::vector<std::string> out;
  for (const Problem& problem : check_yaml(yaml).problems) {
    out.push_back(format_problem(problem, "r"));
  }
  return out;
}

TEST(Check, FillsDefaultsInTheOrderOfTheTable) {
  const CheckedTree checked = check_yaml("name: x\n");
  EXPECT_THAT(checked.problems, IsEmpty());
  EXPECT_EQ(to_json(checked.tree).dump(),
            R"({"count":2,"name":"x","tags":[],"betas":[0.5,0.5],"mode":"none","opt":{"x":1.0}})");
  EXPECT_EQ(checked.tree.find("name")->origin.kind, OriginKind::file);
  EXPECT_EQ(checked.tree.find("count")->origin.kind, OriginKind::fallback);
}

TEST(Check, UnifiesSpellings) {
  const Json json = to_json(
      check_yaml(
          "mode: yes\ntags: [azure]\nopt: {x: 3}\nshape: {_target_: pkg.a.Disc, radius: 1}\n")
          .tree);
  EXPECT_EQ(json["mode"], "all");
  EXPECT_EQ(json["tags"][0], "blue");
  EXPECT_EQ(json["opt"]["x"].dump(), "3.0");
  EXPECT_EQ(to_json(check_yaml("opt: {limit: 3}").tree)["opt"]["limit"].dump(), "3");
  EXPECT_EQ(to_json(check_yaml("opt: {limit: 3.0}").tree)["opt"]["limit"].dump(), "3.0");
  EXPECT_EQ(json["shape"]["_target_"], "pkg.Circle");
  EXPECT_EQ(to_json(check_yaml("mode: SOME").tree)["mode"], "some");
}

TEST(Check, NamesPlaceAndNearestKey) {
  EXPECT_THAT(problems("coumt: 3\n"),
              ElementsAre("r:1:1: coumt: unknown key; did you mean 'count'?"));
  EXPECT_THAT(problems("opt:\n  y: 3\n"), ElementsAre(HasSubstr("r:2:3: opt.y: unknown key")));
  EXPECT_THAT(problems("conf: {num_hidden_layrs: 2}"),
              ElementsAre(HasSubstr("did you mean 'num_hidden_layers'")));
  EXPECT_THAT(problems("conf: {num_hidden_layers: 2}"), IsEmpty());
}

/// What keys a model's config.json has is not known here.
TEST(Check, ANullMayTakeOutAnyKeyOfAModelsConfig) {
  const CheckedTree checked = check_yaml("conf: {dense_list: null}");
  EXPECT_THAT(checked.problems, IsEmpty());
  EXPECT_EQ(to_json(checked.tree)["conf"].dump(), R"({"dense_list":null})");
  EXPECT_THAT(problems("conf: {dense_list: [1]}"), ElementsAre(HasSubstr("unknown key")));
  EXPECT_THAT(problems("conf: {learning_rate: null}"),
              ElementsAre(HasSubstr("here it is 'optimizer.lr'")));
  EXPECT_THAT(problems("opt: {y: null}"), ElementsAre(HasSubstr("unknown key")));
}

TEST(Check, RefusesWrongTypesAndValues) {
  EXPECT_THAT(problems("count: many"),
              ElementsAre("r:1:8: count: expected an integer >= 1 and <= 9, found 'many'"));
  EXPECT_THAT(problems("count: 1.5"), ElementsAre(HasSubstr("expected an integer")));
  EXPECT_THAT(problems("count: true"), ElementsAre(HasSubstr("found true")));
  EXPECT_THAT(problems("count: null"), ElementsAre(HasSubstr("found null")));
  EXPECT_THAT(problems("count: 0"),
              ElementsAre("r:1:8: count: 0 is out of range; expected an integer >= 1 and <= 9"));
  EXPECT_THAT(problems("opt: {x: .nan}"), ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(problems("name: [a]"),
              ElementsAre(HasSubstr("expected a text or null, found a list")));
  EXPECT_THAT(problems("name: 2024"), ElementsAre(HasSubstr("found 2024; a text of digits needs")));
  EXPECT_THAT(problems("name: \"'2024'\""), IsEmpty());
  EXPECT_THAT(problems("opt: 3"), ElementsAre(HasSubstr("expected a mapping or null, found 3")));
  EXPECT_THAT(problems("opt: '{lr: 3}'"),
              ElementsAre(HasSubstr("found '{lr: 3}'; as a text a list or mapping needs quotes")));
  EXPECT_THAT(problems("tags: [red, bleu]"),
              ElementsAre(HasSubstr(
                  "tags.1: expected one of red, blue, found 'bleu'; did you mean 'blue'?")));
  EXPECT_THAT(problems("betas: [1]"), ElementsAre(HasSubstr("expected a list of 2 values")));
  EXPECT_THAT(problems("mode: 7"),
              ElementsAre(HasSubstr("expected true or false or one of all, some, none")));
}

TEST(Check, TargetsHaveTheirOwnKeys) {
  EXPECT_THAT(problems("shape: {radius: 1}"),
              ElementsAre("r:1:8: shape._target_: this required key is missing; e.g. _target_: "
                          "pkg.Circle"));
  EXPECT_THAT(problems("shape: {_target: pkg.Circle}"),
              ElementsAre(HasSubstr("shape._target_: this required key"),
                          HasSubstr("shape._target: unknown key; did you mean '_target_'?")));
  EXPECT_THAT(problems("shape: {_target_: pkg.Circel, radius: 1}"),
              ElementsAre(HasSubstr("unknown name 'pkg.Circel'; did you mean 'pkg.Circle'")));
  EXPECT_THAT(problems("shape: {_target_: os.system}"),
              ElementsAre(HasSubstr("a recipe runs no code")));
  EXPECT_THAT(problems("shape: {_target_: 5}"), ElementsAre(HasSubstr("expected a name, found 5")));
  EXPECT_THAT(problems("shape: {_target_: pkg.Circle}"),
              ElementsAre(HasSubstr("shape.radius: this required key is missing")));
  EXPECT_THAT(problems("shape: {_target_: pkg.Circle, side: 1, radius: 2}"),
              ElementsAre(HasSubstr("shape.side: unknown key")));
  EXPECT_THAT(problems("shape: {_target_: pkg.Square, anything: 1, filled: true}"), IsEmpty());
}

TEST(Check, WarnsOfWhatNothingReads) {
  const CheckedTree checked = check_yaml("old: 1\nloose: {strange: 2}\n");
  EXPECT_THAT(checked.problems, IsEmpty());
  ASSERT_EQ(checked.warnings.size(), 2U);
  EXPECT_EQ(checked.tree.find("old"), nullptr);
  EXPECT_THAT(problems("loose: {knwon: x}"), ElementsAre(HasSubstr("did you mean 'known'")));
}

TEST(Check, PrefixesNameSeveralKeys) {
  const Json json = to_json(check_yaml("set_b: y\nset: x\nset-a: z\n").tree);
  EXPECT_EQ(json["set"], "x");
  EXPECT_EQ(json["set_b"], "y");
  EXPECT_EQ(json["set-a"], "z");
  EXPECT_THAT(problems("sets: x"), ElementsAre(HasSubstr("did you mean 'set'")));
}

TEST(Check, ARecipeIsAMapping) {
  EXPECT_THAT(problems("- a"),
              ElementsAre(HasSubstr("expected a mapping of sections, found a list")));
}

}  // namespace
}  // namespace automodel::config
