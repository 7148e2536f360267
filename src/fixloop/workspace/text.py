"""Texts made comparable, and texts made safe to show."""

import difflib
import hashlib
import json
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


def _harmless(char: str) -> bool:
    return char.isprintable() and unicodedata.category(char) not in ("Cf", "Co", "Cs", "Zl", "Zp")


def _escape(char: str) -> str:
    simple = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    code = ord(char)
    return simple.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}")
