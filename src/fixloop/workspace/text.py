"""Texts made comparable, and texts made safe to show."""

import difflib
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_SHOWN = 60


def normalise(text: str) -> str:
    """The form in which two texts count as one: NFKC, case-folded, runs of white space one blank."""
    if not text.isascii():
        # Case folding can undo the composition (U+0345, ligatures), so NFKC is applied on both sides of it.
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.casefold().split())


@lru_cache(maxsize=65_536)
def text_digest(text: str) -> str:
    """Sixteen hex digits of the normalised form: they put a text into one split for ever."""
    return hashlib.sha256(normalise(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def count(number: int, thing: str, things: str = "") -> str:
    """`1 case`, `3 cases`, `1,200 cases`."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def escaped(text: str) -> str:
    """The text with everything a terminal might obey or hide written as an escape."""
    return "".join(char if _harmless(char) else _escape(char) for char in text)


def shown(value: object, limit: int = _SHOWN) -> str:
    """A value as one line a message can quote: JSON-like, shortened, control characters escaped."""
    if isinstance(value, str):
        cut = value if len(value) <= limit else value[: limit - 1] + "…"
        return '"' + escaped(cut.replace("\\", "\\\\").replace('"', '\\"')) + '"'
    text = escaped(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def named(name: object) -> str:
    """A key or id as a message names it, between backticks."""
    text = str(name)
    return "`" + escaped(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…") + "`"


def a_kind(kind: str) -> str:
    """The name of a type with its article."""
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"


def did_you_mean(name: object, known: Iterable[str], *, otherwise: str = "") -> str:
    """`did you mean …?` with the nearest known name, the known names when they are few, or `otherwise`."""
    names = sorted(set(known))
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {named(near[0])}?"
    if otherwise or not names:
        return otherwise
    few = ", ".join(named(known_name) for known_name in names[:8])
    return f"known here: {few}" + (", …" if len(names) > 8 else "")


def fold_signs(text: str) -> str:
    """The letters and digits of the normalised form."""
    return "".join(filter(str.isalnum, normalise(text)))


def is_near_miss(text: str, known: str) -> bool:
    """Whether one text is the other with a slip of the pen, also in case or signs.

    Word by word one letter, or two in a long word. Other digits are another number, and two letters more at
    an end make another word (`verified`, `unverified`).
    """
    if text == known:
        return False
    one, other = _words(text), _words(known)
    if len(one) != len(other):
        one, other = ["".join(one)], ["".join(other)]
    return any(one) and all(a == b or _is_slip(a, b) for a, b in zip(one, other, strict=True))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", normalise(text)) if word]


_SHORT = 5
"""Words with fewer letters are near too many others: `late`, `date`."""


def _is_slip(word: str, known: str) -> bool:
    short, long = sorted((word, known), key=len)
    if re.sub(r"\d", "", word) == re.sub(r"\d", "", known) or (len(long) > len(short) + 1 and short in long):
        return False
    exchanged = sorted(word) == sorted(known) and len(word) > 2
    most = 1 if exchanged else 0 if len(short) < _SHORT else 1 if len(short) < 2 * _SHORT else 2
    return slips(word, known) <= most


def slips(one: str, other: str) -> int:
    """Letters too many, too few, wrong, or exchanged with their neighbour (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, char in enumerate(one):
        row = [i + 1]
        for j, wanted in enumerate(other):
            row.append(min(last[j + 1] + 1, row[j] + 1, last[j] + (char != wanted)))
            if i and j and char == other[j - 1] and one[i - 1] == wanted:
                row[-1] = min(row[-1], before[j - 1] + 1)
        before, last = last, row
    return last[-1]


def _harmless(char: str) -> bool:
    return char.isprintable() and unicodedata.category(char) not in ("Cf", "Co", "Cs", "Zl", "Zp")


def _escape(char: str) -> str:
    simple = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    code = ord(char)
    return simple.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}")
