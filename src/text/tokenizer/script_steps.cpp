#include "text/tokenizer/script_steps.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/text.h"
#include "text/tokenizer/split_steps.h"

namespace automodel::text {
namespace {

/// The scripts of Unicode 14 without Han, Hiragana, Katakana and Common.
constexpr std::string_view kScripts =
    "Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak "
    "Bengali Bhaiksuki "
    "Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma "
    "Cham Cherokee "
    "Chorasmian Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru "
    "Dogra Duployan "
    "Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek "
    "Gujarati Gunjala_Gondi "
    "Gurmukhi Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Imperial_Aramaic Inherited "
    "Inscriptional_Pahlavi "
    "Inscriptional_Parthian Javanese Kaithi Kannada Kayah_Li Kharoshthi Khitan_Small_Script Khmer "
    "Khojki Khudawadi "
    "Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam "
    "Mandaic Manichaean "
    "Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive "
    "Meroitic_Hieroglyphs Miao Modi "
    "Mongolian Mro Multani Myanmar Nabataean Nandinagari New_Tai_Lue Newa Nko Nushu "
    "Nyiakeng_Puachue_Hmong Ogham "
    "Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian "
    "Old_South_Arabian "
    "Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa "
    "Phoenician "
    "Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala "
    "Sogdian "
    "Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet "
    "Takri Tamil "
    "Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho "
    "Warang_Citi "
    "Yezidi Yi Zanabazar_Square";

/// A character of `first` and what may follow it in the same piece.
std::string run(std::string_view first, std::string_view more) {
  return fmt::format("[{}][{}\\x{{20}}\\p{{Unknown}}]*", first, more);
}

std::string script_pattern() {
  constexpr std::string_view kHan = R"(\p{Han}\p{Hiragana}\p{Katakana}\x{30fc})";
  constexpr std::string_view kCommon = R"(\p{Common}&&[^\x{20}\x{30fc}])";
  std::string pattern = run(kHan, kHan);
  pattern += fmt::format("|[{0}](?:[{0}]|[\\x{{20}}\\p{{Unknown}}])*", kCommon);
  for (const std::string& name : split(kScripts, ' ')) {
    const std::string script = fmt::format("\\p{{{}}}", name);
    pattern += '|' + run(script, script);
  }
  return pattern;
}

}  // namespace

PreTokenizerStep split_by_script() {
  // The runs are the matches; what lies between them is dropped.
  return split_by_pattern(Pattern(Regex(script_pattern())), SplitBehavior::removed, true);
}

}  // namespace automodel::text
