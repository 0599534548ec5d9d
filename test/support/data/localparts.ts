/** Localparts that every server takes as they are. */
export const accepted: string[] = [
  "alice",
  "42",
  "a.b-c_d+e=f",
  "!#$%()*,;?[]^`{|}~",
  "c\\3a\\net",
  "alice\\40corp.com",
  "o\\27hara",
  "jürgen",
  "françois",
  "łukasz",
  "đặng",
  "ısparta", // a dotless i
  "mara\u0327", // a mark that composes with nothing
  "col·lega", // U+00B7 between two l
  "алиса",
  "аlice", // a Cyrillic а: another user than alice
  "ёжик",
  "αλίκη",
  "οδοσ",
  "应龙",
  "ありす",
  "アリス・リデル",
  "앨리스",
  "एलिस",
  "อลิซ",
  "ალისა",
  "ալիս",
  "عليس",
  "علي١٢ب",
  "אליס",
  "צה״ל",
];

/** Other spellings, and the only form that is accepted of each. */
export const mapped: [written: string, accepted: string][] = [
  ["ALiCE", "alice"],
  ["JÜRGEN", "jürgen"],
  ["ju\u0308rgen", "jürgen"], // a mark that composes
  ["a\u0323\u0302", "ậ"],
  ["ａｌｉｃｅ", "alice"], // full width
  ["ｱﾘｽ", "アリス"], // half width
  ["Straße", "strasse"],
  ["ΟΔΟΣ", "οδοσ"],
  ["οδος", "οδοσ"], // a final sigma
  ["αλίκῃ", "αλίκηι"], // an iota below
  ["İzmir", "i\u0307zmir"],
  ["АЛИСА", "алиса"],
  ["al\u00adice", "alice"], // a soft hyphen
  ["al\u200bice", "alice"], // no width
  ["al\u200d\ufe0fice\ufeff", "alice"],
  ["ﬁnn", "finn"], // a ligature
  ["Ⅷ", "viii"],
  ["x²", "x2"],
  ["𝖆𝖑𝖎𝖈𝖊", "alice"],
  ["\u212aelvin", "kelvin"], // the Kelvin sign
  ["℡", "tel"],
  ["ſam", "sam"],
  ["ǆ", "dž"],
  ["\u1112\u1161\u11ab", "한"], // conjoining jamo
  ["ﻋﻠﻲ", "علي"], // positional forms
];

/** What servers refuse, too: its name in our message, the text. */
export const refused: [character: string, text: string][] = [
  ['"', 'a"b'],
  ["&", "a&b"],
  ["'", "o'hara"],
  ["/", "a/b"],
  [":", "1790000000:alice"],
  ["<", "a<b"],
  [">", "a>b"],
  [" ", "a b"],
  ["U+0000", "a\0b"],
  ["U+0009", "a\tb"],
  ["U+007F", "a\x7fb"],
  ["U+0080", "a\x80b"],
  ["U+00A0", "a\u00a0b"],
  ["U+3000", "a\u3000b"],
  ["：", "a：b"], // full width
  ["U+200E", "a\u200eb"], // left-to-right mark
  ["U+200F", "a\u200fb"], // right-to-left mark
  ["U+202E", "a\u202eb"], // right-to-left override
  ["U+2028", "a\u2028b"],
  ["U+E000", "a\ue000b"], // private use
  ["\ufffd", "a\ufffdb"],
  ["U+FFFE", "a\ufffeb"],
  ["U+E0061", "a\u{e0061}b"], // a tag
  ["😀", "a😀b"],
  ["ẞ", "STRAẞE"], // Unicode 5.1
  ["ᲀ", "ᲀlice"], // Unicode 9
  ["U+0378", "a\u0378b"], // unassigned to this day
];

/** What ejabberd would take, but RFC 7622 or a later Unicode would not. */
export const refusedByUs: [character: string, text: string][] = [
  ["€", "5€"],
  ["♥", "i♥u"],
  ["–", "a–b"],
  ["≠", "a=\u0338b"],
  ["ـ", "عـلي"], // the tatweel only widens a word
  ["ᄒ", "ᄒ"], // a conjoining jamo on its own
  ["U+20DD", "a\u20dd"],
  ["·", "a·b"],
  ["・", "a・b"],
  ["״", "״א"],
  ["Ꭰ", "Ꭰ"], // got a lower case in Unicode 8
  ["Ⴀ", "Ⴀ"], // in Unicode 4.1
];

/** A right-to-left letter, with what it must not stand beside. */
export const mixed: string[] = ["אליס\\40corp.com", "aאליס", "אליס1", "1אליס", "عليس1", "אaב"];
