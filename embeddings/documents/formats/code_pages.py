"""The encoding of a text that is not Unicode, by what its bytes read as in each."""

from __future__ import annotations

import unicodedata
from collections import Counter

_SAMPLE_BYTES = 20_000
_LEGACY = "cp1252"
"""What browsers take for the rest."""
_MANY = 0.3
"""The share of letters beyond ASCII from which on a script is not Latin."""
_CYRILLIC, _CHINESE = (
    "оеаинтсрвлкмдпу",
    "的一是不了在有人这這中大来來上个個国國我以要他时時用们們生到作地于於出就分对對成会會可发發，。",
)
_SCRIPTS = {
    **dict.fromkeys(("cp1251", "koi8-r", "cp866", "mac-cyrillic", "iso8859-5"), ("CYRILLIC", _CYRILLIC)),
    "cp1253": ("GREEK", "αοιετσνηυρπκμςλάέίόήύώ"),
    "cp1255": ("HEBREW", "יוהלאמרתבשנ"),
    "cp1256": ("ARABIC", "اليمنوترهبعد"),
    "cp874": ("THAI", "านรกเงอมยลวดตสทคปพ่้ีั"),
    "cp949": ("HANGUL", "이는다가을의에고은로지하아기도서나한어를"),
    "gb18030": ("CJK", _CHINESE),
    "big5hkscs": ("CJK", _CHINESE),
    **dict.fromkeys(("cp932", "euc_jp"), ("HIRAGANA", "のいはにたるとをしがでてなれらもこ、。")),
}
"""The script of each encoding, and the most frequent signs of its languages. A wrong one has rare signs."""
_MARKS = "‘’“”„‚–—…«»‹›€£§°©®™½¼·•´\xa0"
_LATIN = {
    _LEGACY: "àáâãäåæçèéêëìíîïñòóôõöøùúûüœßýþðÿ¿¡ªº",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžőűöüăâîşţôäđľĺŕ",
    "iso8859-2": "ąćęłńóśźżáčďéěíňřšťúůýžőűöüăâîşţôäđľĺŕ",
    "cp1254": "çğıöşüâîûi\u0307",
    "cp1257": "āčēģīķļņšūžąęėįųõäöü",
}
"""The letters of the languages that are written in each encoding."""


def guess_encoding(data: bytes) -> str:
    """Return the encoding of a text that is neither UTF-8 nor UTF-16, as Python calls it.

    It is Windows-1252, as browsers take it, unless most letters are of another script, or it has letters that only
    other Latin encodings have.
    """
    # At the end of a line, so that no character is cut.
    end = data.rfind(b"\n", 0, _SAMPLE_BYTES) if len(data) > _SAMPLE_BYTES else len(data)
    sample = data[: end if end > 0 else _SAMPLE_BYTES]
    beyond = sum(byte >= 0x80 for byte in sample)
    plain = sum(chr(byte).isalpha() for byte in sample if byte < 0x80)
    is_latin = beyond < _MANY * (beyond + plain)
    # Of those that score alike, the first.
    scores = {name: _latin_score(sample, name) for name in _LATIN} if is_latin else {_LEGACY: 0.0}
    if not is_latin:
        scores |= {name: _script_score(sample, name) for name in _SCRIPTS}
    return max(scores, key=lambda name: scores[name])


def _latin_score(sample: bytes, encoding: str) -> float:
    """Return how many more of the letters beyond ASCII belong to the languages of an encoding than don't."""
    known = 0.0
    for character in sample.decode(encoding, "replace").lower():
        if character > "\x7f" and character not in _MARKS:
            # The letters of Icelandic alone are those of Turkish and Lithuanian in other encodings.
            weight = 0.5 if encoding == _LEGACY and character in "ðýþ" else 1
            known += weight if character in _LATIN[encoding] else -2
    return known


def _script_score(sample: bytes, encoding: str) -> float:
    """Return how much a text reads like one in an encoding, from 0 to 1."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    letters = [character for character in text if character > "\x7f" and not character.isspace()]
    if not letters:
        return 0.0
    script, frequent = _SCRIPTS[encoding]
    counts = Counter(unicodedata.name(character, "").partition(" ")[0] for character in letters)
    share = counts[script] / len(letters)
    if script == "HIRAGANA":
        share += (counts["KATAKANA"] + counts["CJK"]) / len(letters) if share > 0.1 else 0
    # As written: in a wrong encoding of the same script, the frequent letters are capitals.
    return share * sum(character in frequent for character in letters) / len(letters)
