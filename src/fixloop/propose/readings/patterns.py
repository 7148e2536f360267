"""Patterns learnt from missed values: one of the field's mended, the form of values, what stands beside them.

A mended pattern comes first: in any case, repeats that go a little further, a wider class. Then the form that
missed and known values share, letter by letter and digit by digit; a form that anything has (a short number,
a plain word) only next to the words it stood beside. None repeats without limit, none matches everything.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from fixloop.propose.words.words import stems
from fixloop.workspace.checks.extraction import pattern_complaint

MENDED, WIDENED, WRITTEN, LEARNT, BESIDE = 1.0, 1.2, 1.6, 1.8, 2.4
"""Sizes: a pattern mended in one place, in two, a form all write, the form of values, one beside words."""

LONGEST_REPEAT = 24
SHORT_NUMBER = 5
WORDS_BESIDE = 2
WORDS_NEAR, MOST_BEFORE = 3, 16
"""Words before a value that a choice may lack: so many at no cost, and so many at all."""

MOST_TWICE = 30
MOST_KNOWN = 200
KNOWN, FURTHER = 0.4, 0.04

REPEAT = re.compile(r"\{(\d+)(?:,(\d+))?\}")
CLASS = re.compile(r"\[(?!\^)([^\]\\]*)\]")
WORD_CHOICE = re.compile(r"\(\?:([^()\[\]\\]*[^\W\d_][^()\[\]\\]*)\)")
_RANGES = (("A", "Z"), ("a", "z"), ("0", "9"))
_KNOWN_FORMS = (
    r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,40}(?:\.[A-Za-z0-9-]{1,20}){1,3}\b",
    r"https?://[^\s<>\"]{1,200}",
    r"\bwww\.[A-Za-z0-9-]{1,60}(?:\.[A-Za-z0-9-]{1,20}){1,3}",
    r"(?<![\w-])(?:\+\d{2} ?|0)\d{2,4}[ /-]?\d{3,4}(?:[ -]?\d{2,4}){0,2}(?!\w)",
)
_CAPITALS = r"[A-Z][\w&-]{1,20}(?: [A-Z&][\w&-]{0,20}){0,2}"
_MONEY = re.compile(r"[€£$¥]|\b(?:eur|euros?|gbp|usd|chf|pounds?|dollars?|franken)\b", re.I)
_AMOUNT = r"\d{1,6}(?:[.,]\d{3}){0,2}(?:[.,]\d{2})?"


@dataclass(frozen=True, slots=True)
class Missed:
    """A value that should have been read, as the text spells it, and the text."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern to add, its size, and the present one that it takes the place of."""

    pattern: str
    size: float
    instead: str | None = None


def patterns_for(missed: Sequence[Missed], present: Sequence[str], known: Iterable[str]) -> list[Pattern]:
    """Patterns that find every missed value (or most of them), smallest first."""
    alike = list(dict.fromkeys(known))[:MOST_KNOWN]
    once = [Pattern(one, MENDED + far, pattern) for pattern in present for one, far in _changes(pattern)]
    once += [
        Pattern(one, MENDED + far, pattern) for pattern in present for one, far in _worded(pattern, missed)
    ]
    once += [
        Pattern(one, MENDED + FURTHER / 2, pattern)
        for pattern in present
        for one in _as_usual(pattern, present)
    ]
    found = _that_find([*once, *_learnt(missed, alike), *_beside(missed, alike, present)], missed, present)
    if not any(one.instead for one in found):
        found += _that_find(_mended_twice(present), missed, present)
    found = [replace(one, size=round(one.size - KNOWN * _share_read(one.pattern, alike), 6)) for one in found]
    return sorted(found, key=lambda one: (one.size, len(one.pattern), one.pattern))


def _that_find(
    candidates: Iterable[Pattern], missed: Sequence[Missed], present: Sequence[str]
) -> list[Pattern]:
    """Those that read what was missed, are safe, and do not read just anything."""
    kept: dict[str, Pattern] = {}
    for one in candidates:
        fresh = one.pattern not in present and one.pattern not in kept
        if fresh and finds_most(one.pattern, missed) and not _unfit(one.pattern):
            kept[one.pattern] = one
    return list(kept.values())


def _share_read(pattern: str, values: Sequence[str]) -> float:
    """How many of the known values a pattern would read: one that is right reads them all."""
    return sum(value in values_in(pattern, value) for value in values) / max(1, len(values))


def finds_most(pattern: str, missed: Sequence[Missed]) -> bool:
    """Whether a pattern reads at least two thirds of the missed values, just as they are."""
    return 3 * sum(one.value in values_in(pattern, one.text) for one in missed) >= 2 * len(missed) > 0


def values_in(pattern: str, text: str) -> list[str]:
    """What a pattern reads in a text."""
    compiled = re.compile(pattern)
    group = int(compiled.groups == 1)
    return [match[group] for match in compiled.finditer(text) if match[group]]


def _unfit(pattern: str) -> bool:
    return bool(pattern_complaint(pattern)) or floods(pattern)


_EVERYDAY = (
    "Hello, I would like to know what happened to my last order, thank you and best regards",
    "Guten Tag, ich möchte gern wissen, wann das endlich erledigt ist, vielen Dank und freundliche Grüße",
)


def floods(pattern: str) -> bool:
    """Whether a pattern finds something in any text, or nothing at all but the empty text."""
    return any(values_in(pattern, text) for text in _EVERYDAY) or bool(re.fullmatch(pattern, ""))


# --- a present pattern, mended ------------------------------------------------------------------------------


def _mended_twice(present: Sequence[str]) -> Iterator[Pattern]:
    for pattern in present:
        once = list(_changes(pattern))[:MOST_TWICE]
        for first, far in once:
            for second, further in _changes(first):
                if second != pattern:
                    yield Pattern(second, WIDENED + far + further, pattern)


def _changes(pattern: str) -> Iterator[tuple[str, float]]:
    """The pattern in any case, with a repeat that goes further or a class that holds more; and how far."""
    if not pattern.startswith("(?i)"):
        yield f"(?i){pattern}", 0.0
    for match in REPEAT.finditer(pattern):
        low, high = int(match[1]), int(match[2] or match[1])
        for to in (low - 1, high + 1, low - 2, high + 2, high + 3):
            if 0 < to <= LONGEST_REPEAT:
                new = _repeat(min(low, to), max(high, to))
                yield _put(pattern, match, new), FURTHER * max(low - to, to - high)
    for match in CLASS.finditer(pattern):
        for wide in wider(match[1]):
            yield _put(pattern, match, f"[{wide}]"), FURTHER * (0.5 if len(wide) <= len(match[1]) else 1.5)


def _as_usual(pattern: str, present: Sequence[str]) -> Iterator[str]:
    """The pattern with one repeat as the field's other patterns have it."""
    usual = dict.fromkeys(repeat[0] for other in present for repeat in REPEAT.finditer(other))
    for match in REPEAT.finditer(pattern):
        yield from (_put(pattern, match, repeat) for repeat in usual if repeat != match[0])


def _worded(pattern: str, missed: Sequence[Missed]) -> Iterator[tuple[str, float]]:
    """The pattern with one of the words beside a missed value among those it asks for."""
    words: dict[str, int] = {}
    for word, away in (pair for one in missed for pair in _words_beside(one)):
        words[word] = min(away, words.get(word, away))
    for match in WORD_CHOICE.finditer(pattern):
        for word, away in words.items():
            blank = " " if match[1].startswith(" ") else ""
            far = (0.0 if stems(word) else FURTHER) + FURTHER * max(0, away - WORDS_NEAR)
            yield _put(pattern, match, f"(?:{match[1]}|{blank}{re.escape(word)})"), far


def _words_beside(one: Missed) -> list[tuple[str, int]]:
    """The words of the sentence before a value and the one after it, in any case; how far away each is."""
    if one.value not in one.text:
        return []
    at = one.text.index(one.value)
    before = re.findall(r"[^\W\d_]+", re.split(r"[.!?]\s", one.text[:at])[-1])[-MOST_BEFORE:]
    after = re.findall(r"[^\W\d_]+", one.text[at + len(one.value) :])[:1]
    near = [(word.casefold(), away) for away, word in enumerate(reversed(before), 1)]
    return [*near, *((word.casefold(), 1) for word in after)]


def _put(pattern: str, match: re.Match[str], to: str) -> str:
    return pattern[: match.start()] + to + pattern[match.end() :]


def _repeat(low: int, high: int) -> str:
    return f"{{{low}}}" if low == high else f"{{{low},{high}}}"


def wider(inside: str) -> Iterator[str]:
    """A class with a whole range in place of a part of it, or with one range more."""
    for first, last in _RANGES:
        whole = f"{first}-{last}"
        if whole in inside:
            continue
        part = re.search(rf"[{first}-{last}]-[{first}-{last}]", inside)
        yield inside.replace(part[0], whole) if part else whole + inside


# --- the form of values -------------------------------------------------------------------------------------


def _learnt(missed: Sequence[Missed], known: Iterable[str]) -> Iterator[Pattern]:
    for form in _KNOWN_FORMS:
        if all(one.value in values_in(form, one.text) for one in missed):
            yield Pattern(form, WRITTEN)
    values = [one.value for one in missed]
    for exactly in (True, False):
        shape = form_of_values(values, [] if exactly else known)
        if shape is not None and not _is_common(values):
            anchored = f"{_edge(values, 0)}{shape}{_edge(values, -1)}"
            yield Pattern(anchored, LEARNT + (0.1 if exactly else 0.0))


def _is_common(values: Sequence[str]) -> bool:
    """Whether plain words or short numbers look just like these."""
    return any(value.isalpha() or (value.isdigit() and len(value) < SHORT_NUMBER) for value in values)


def _edge(values: Sequence[str], at: int) -> str:
    if all(re.match(r"\w", value[at]) for value in values):
        return r"\b"
    return r"(?<!\w)" if at == 0 else r"(?!\w)"


Run = tuple[str, str]
"""A sort of sign (A, a, 9, or the sign itself) and the signs of it that stand together."""


def runs(value: str) -> list[Run]:
    """A value cut where the sort of sign changes."""
    return [(sort, "".join(signs)) for sort, signs in groupby(value, _sort)]


def _sort(sign: str) -> str:
    if sign.isdigit():
        return "9"
    return ("A" if sign.isupper() else "a") if sign.isalpha() else sign


def form_of_values(values: Sequence[str], known: Iterable[str]) -> str | None:
    """The form that values share, as a pattern without edges; known values of the same form tell how long.

    None where the values are of several forms. A run that all values share stands as it is only where that is
    no one's own: two values at least, unlike elsewhere, say so.
    """
    cut = [runs(value) for value in dict.fromkeys(values)]
    order = [sort for sort, _ in cut[0]]
    if any([sort for sort, _ in one] != order for one in cut) or len(order) > 12:
        return None
    also = [one for one in map(runs, dict.fromkeys(known)) if [sort for sort, _ in one] == order]
    columns = list(zip(*cut, *also, strict=True))
    several = len(cut) + len(also) > 1
    return "".join(_column_form(column, several) for column in columns)


def _column_form(column: Sequence[Run], several: bool) -> str:
    sort, texts = column[0][0], {text for _, text in column}
    if sort not in "Aa9" or (several and len(texts) == 1 and sort != "9"):
        return re.escape(column[0][1])
    lengths = {len(text) for text in texts}
    signs = {"A": "[A-Z]", "a": "[a-z]", "9": r"\d"}[sort]
    if not all(text.isascii() for text in texts):
        signs = r"[^\W\d_]"
    return signs + (_repeat(min(lengths), max(lengths)) if max(lengths) > 1 else "")


# --- a form beside words ------------------------------------------------------------------------------------


def _beside(missed: Sequence[Missed], known: Sequence[str], present: Sequence[str]) -> Iterator[Pattern]:
    """The form of short numbers and amounts next to the words or signs they stood beside."""
    form = _known_form(missed, present) or _plain_form(missed, known)
    if form is None:
        return
    for words in (WORDS_BESIDE, 1):
        before = sorted({left for one in missed if (left := _left(one, words))})
        if before:
            size = BESIDE + _vague(before, words)
            yield Pattern(rf"(?i)(?<!\w)(?:{_either(before)}) ?({form})(?![\w])", size)
    after = sorted({right for one in missed if (right := _right(one))})
    if after:
        size = BESIDE + _vague(after, WORDS_BESIDE)
        yield Pattern(rf"(?i)(?<![\w.,])({form})[ -]?(?:{_either(after)})(?!\w)", size)


def _vague(beside: Sequence[str], words: int) -> float:
    """Small words stand beside anything; a sign needs no word before it, and an amount has its currency."""
    if any(all(word in spellings for word in beside) for spellings in _SPELLINGS):
        return -IN_MONEY
    signs = [one for one in beside if not any(char.isalpha() for char in one)]
    if signs:
        return 0.0 if len(signs) == len(beside) else 0.3
    small = sum(0.5 for one in beside if not stems(one)) / len(beside)
    return small + (0.2 if words == 1 or any(not one[-1].isalpha() for one in beside) else 0.0)


IN_MONEY = 0.1
"""What is less vague about an amount beside its currency than beside two words that tell something."""

_SIGNS = "€£$"
_SPELLINGS = (
    ("€", "eur", "euro", "euros"),
    ("£", "gbp", "pound", "pounds"),
    ("$", "usd", "dollar", "dollars"),
    ("chf", "franken"),
)


def _either(words: Sequence[str]) -> str:
    """Any of the words; one sign of a currency is as good as another, and so is one of its spellings."""
    if all(word in _SIGNS for word in words):
        return f"[{_SIGNS}]"
    spelt = [spellings for spellings in _SPELLINGS if all(word in spellings for word in words)]
    words = spelt[0] if spelt else words
    return "|".join(re.escape(word).replace(r"\ ", " ") for word in words)


def _known_form(missed: Sequence[Missed], present: Sequence[str]) -> str | None:
    """What the field's other patterns take out of what they match, where all missed values are written so."""
    taken = dict.fromkeys(group for pattern in present if (group := _taken(pattern)))
    fitting = (one for one in taken if all(re.fullmatch(one, missing.value) for missing in missed))
    return next(fitting, None) if all(one.value[:1].isdigit() for one in missed) else None


def _taken(pattern: str) -> str:
    """The one group that a pattern takes out of what it matches, as it is written; else nothing."""
    if re.compile(pattern).groups != 1:
        return ""
    plain = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", lambda found: "_" * len(found[0]), pattern)
    start = re.search(r"\((?!\?)|\(\?P<\w+>", plain)
    if start is None:
        return ""
    open_now = 1
    for at in range(start.end(), len(plain)):
        open_now += {"(": 1, ")": -1}.get(plain[at], 0)
        if not open_now:
            return pattern[start.end() : at]
    return ""


def _plain_form(missed: Sequence[Missed], known: Sequence[str]) -> str | None:
    """Amounts, short numbers as long as they are known to be, and names that stand alike more than once."""
    values = [one.value for one in missed]
    money = any(_MONEY.search(f"{_left(one, 1)} {_right(one)}") for one in missed)
    if all(re.fullmatch(_AMOUNT, value) for value in values) and (money or not "".join(values).isdigit()):
        return _AMOUNT
    if all(value.isdigit() for value in values):
        lengths = [len(value) for value in (*values, *known) if value.isdigit()]
        return rf"\d{_repeat(min(lengths), max(lengths))}"
    if len(set(values)) > 1 and all(re.fullmatch(_CAPITALS, value) for value in values):
        return _CAPITALS
    return None


def _left(one: Missed, words: int) -> str:
    before = one.text[: one.text.index(one.value)] if one.value in one.text else ""
    found = re.search(rf"((?:[^\W\d_]+[ :]+){{0,{words - 1}}}(?:[^\W\d_]+:?|[^\w\s.,;!?])) ?$", before)
    return found[1].casefold() if found else ""


def _right(one: Missed) -> str:
    after = one.text[one.text.index(one.value) + len(one.value) :] if one.value in one.text else ""
    found = re.match(r"[ -]?([^\W\d_]+|[^\w\s.,;!?])", after)
    return found[1].casefold() if found else ""
