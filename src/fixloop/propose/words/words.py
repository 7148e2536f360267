"""How staff's words are read: stems in two languages, what is affirmed and what is negated."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from unicodedata import normalize

from fixloop.workspace.text import normalise

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CLAUSE = re.compile(r"[.;:!?\n,()–—]|\b(?:but|aber|sondern|should|sollte|please|bitte)\b")
_NEGATION = re.compile(
    r"\b(?:not?|never|don['’]?t|doesn['’]?t|isn['’]?t|wasn['’]?t|mustn['’]?t|shouldn['’]?t|can['’]?t|cannot|without"
    r"|instead of|rather than|why|nicht|kein\w*|nie(?:mals)?|ohne|statt|anstatt|warum|wieso)\b"
)
_QUOTE = re.compile(
    r"[\"“”„»«]([^\"“”„»«]{2,300})[\"“”„»«]"
    r"|(?<!\w)['‘‚‹`]((?:[^'’‘‚‹›`]|(?<=\w)['’](?=\w)){2,300})['’‘›`](?!\w)"
)
_INSTEAD = re.compile(
    r"(?:write|say|use|schreib\w*)\s+(.{2,200}?)\s+(?:instead of|rather than|statt)\s+(.{2,200}?)[.!]?$", re.I
)
_SENTENCE = re.compile(r":\s*([A-ZÄÖÜ][^:\n]{20,400})$")
_INSERTED = re.compile(r"(?<=[a-zäöüß,] )(?!(?:I|Sie|Ihr\w*|Ihnen)\b)([A-ZÄÖÜ][a-zäöüß]*) .{15,400}", re.S)
_BEGUN = re.compile(r"(?:^|(?<=[.!?:=>] ))(\w+)\b([^.!?:\n]*)")
_UNCAPPED = re.compile(r"(?:^|(?<=\w\w[.!?] ))[a-zäöüß]")
_OF_CUSTOMER = re.compile(
    r"\b(?:the (?:customer|client|user)|(?:der|dem|den|des) Kunden?s?|(?:die|der) Kundin)\b", re.I
)
_PHRASE_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBER = re.compile(r"(?<![\w.])\d(?:[\d .,/-]*\d)(?!\w)")
_TO_CUSTOMERS = re.compile(r"\b(?:we|our|us|you|your|please|wir|uns\w*|Sie|Ihr\w*|Ihnen|bitte)\b", re.I)
_SUFFIXES = ("ings", "ing", "ies", "ungen", "ung", "ern", "en", "ed", "es", "er", "s", "e", "n")
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ẞ": "SS"}
)


def folded(text: str) -> str:
    """A text with its umlauts as two letters, as ids and who has no such keys write them.

    Never the other way: "blue" and "does" are not what they seem to be.
    """
    return text if text.isascii() else normalize("NFC", text).translate(_UMLAUTS)


_STOP = frozenset(
    folded(
        """
        a an the is are was were be been being it its this that these those he she his her they them their
        we our you your i my me of to in on at by for from with and or so as if then than too very just only
        also again still please do does did has have had will would should could can may must what which who
        whom when where why how there here about into want wants wanted need needs customer client user
        ticket wrong right reply answer proposal staff case one while ask asks asked asking says said us
        anyone anybody someone somebody something everyone everybody
        der die das den dem des ein eine einen einem
        einer eines ist sind war waren sein und oder aber auch nur noch schon er sie es wir ihr ihm ihn uns
        im am an auf aus bei mit nach von zu zum zur für als wie was wer wo wenn dann hier da kunde kundin
        bitte falsch richtig antwort hat haben will möchte soll sollte kann muss man jemand irgendwer etwas
        """
    ).split()
)


_SMALL_GERMAN = "der die das den dem ein eine ist sind und oder nicht kein mit von zu für auf ich sie wir"
_SMALL_ENGLISH = "the a an is are and or not no with of to for on in i you we my it that this what how can"
_GERMAN, _ENGLISH = frozenset(folded(_SMALL_GERMAN).split()), frozenset(_SMALL_ENGLISH.split())


@dataclass(frozen=True, slots=True)
class Said:
    """The stems of a comment: those it affirms and those it negates."""

    affirmed: frozenset[str]
    negated: frozenset[str]

    @property
    def says_anything(self) -> bool:
        """Whether a content word is left at all."""
        return bool(self.affirmed or self.negated)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A rough stem, the same for singular and plural, verb and noun, in English and German."""
    for _ in range(2):
        suffix = next((s for s in _SUFFIXES if word.endswith(s) and len(word) - len(s) >= 4), "")
        word = word.removesuffix(suffix)
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def stems(text: str) -> frozenset[str]:
    """What the content words of a text mean: their stems, those of one meaning made one, in two languages.

    Ids like `unlock_instructions` are split at `_`, German compounds where both parts are known.
    """
    words = _WORD.findall(folded(normalise(text)).replace("_", " "))
    said = (word for word in words if word not in _STOP and len(word) > 1)
    return frozenset(meaning for word in said for meaning in meanings_of(word))


@lru_cache(maxsize=100_000)
def meanings_of(word: str) -> tuple[str, ...]:
    """The meaning of a word, of its parts where it is a compound of two known ones, else its stem."""
    if own := _meaning(word):
        return (own,)
    if len(word) > _LONGEST:  # cut at every letter, and each part remembered, it would fill the memory
        return (stem(word),)
    for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        head = _meaning(word[cut:])
        left = _first_part(word[:cut]) if head else None
        if head and left:
            return (left, head)
    return (stem(word),)


def with_meanings(text: str) -> str:
    """A text followed by the meanings of its words that are called otherwise, for who compares letters."""
    text = folded(text)
    words = _WORD.findall(normalise(text))
    meant = [m for word in words if word not in _STOP for m in meanings_of(word) if m != stem(word)]
    return " ".join([text, *meant])


def _first_part(part: str) -> str | None:
    """The meaning of the first part of a compound, with or without the letters that join it to the next."""
    bare = [part, part + "e", *(part.removesuffix(joint) for joint in _JOINTS if part.endswith(joint))]
    return next((meaning for one in bare if len(one) >= _SHORTEST_BARE and (meaning := _meaning(one))), None)


_SHORTEST_PART, _SHORTEST_BARE, _LONGEST = 4, 3, 80
_JOINTS = ("s", "n", "en", "es", "-")


def _meaning(word: str) -> str | None:
    """What `synonyms.txt` makes of a word, as it stands or by its stem; None for one that is not there."""
    words, by_stem = _meanings()
    return words.get(word) or by_stem.get(stem(word))


@cache
def _meanings() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Word to the first word of its line in `synonyms.txt`, and stem to it."""
    text = (files("fixloop.propose.words") / "synonyms.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    listed = [(folded(normalise(word)), words[0]) for words in reversed(lines) for word in words]
    return dict(listed), {stem(word): first for word, first in listed}


@lru_cache(maxsize=100_000)
def language_of(text: str) -> str:
    """`de` or `en`, by the small words that a text has of each."""
    words = set(_WORD.findall(folded(normalise(text))))
    return "de" if len(words & _GERMAN) > len(words & _ENGLISH) else "en"


def read_comment(text: str) -> Said:
    """What a comment affirms and negates; a negation reaches to the end of its clause."""
    affirmed: set[str] = set()
    negated: set[str] = set()
    for clause in _CLAUSE.split(normalise(text)):
        found = _NEGATION.search(clause)
        affirmed |= stems(clause[: found.start()] if found else clause)
        if found:
            negated |= stems(clause[found.end() :])
    return Said(frozenset(affirmed), frozenset(negated - affirmed))


def quoted_parts(text: str) -> tuple[str, ...]:
    """What a comment puts between quotation marks, without blanks and full stops around it."""
    parts = (("".join(found)).strip(" .,;:") for found in _QUOTE.findall(text))
    return tuple(part for part in parts if part)


def inserted_sentence(text: str) -> str | None:
    """A sentence that was not written but copied: it begins with a capital where the writer puts none.

    In the midst of another one, by a small word that is no polite form, or among others that begin without.
    Not one that speaks of the customer: nobody writes that to him.
    """
    for found in _INSERTED.finditer(text):
        if _is_small(found[1]) and not _OF_CUSTOMER.search(found[0]):
            return found[0].strip()
    # What stands by names ("expected: …, got: …") tells the two apart and is in nobody's words.
    if not _UNCAPPED.search(text) or text.count(":") > 1:
        return None
    english = _is_english(text)
    for found in _BEGUN.finditer(text):
        word, whole = found[1], found[0]
        # German nouns have capitals anywhere.
        known = (_is_small(word) or english) and not _OF_CUSTOMER.search(whole)
        if word[0].isupper() and len(word) > 1 and len(whole.split()) >= LEAST_SAID and known:
            return whole.strip()
    return None


def _is_english(text: str) -> bool:
    """Whether a text has small words of English and none of German; one without any may be in either."""
    words = set(_WORD.findall(folded(normalise(text))))
    return bool(words & _ENGLISH) and not words & _GERMAN


LEAST_SAID = 4
"""The words from which what begins with a capital is a sentence, and not a name."""


def _is_small(word: str) -> bool:
    return folded(word.casefold()) in _GERMAN | _ENGLISH | _STOP


def numbers_in(text: str) -> tuple[str, ...]:
    """The numbers of two digits and more that a text has, as they are written, each once."""
    return tuple(dict.fromkeys(_NUMBER.findall(text)))


def exchanged_parts(text: str) -> tuple[str, str] | None:
    """What a comment says without quotation marks should be written, and instead of what."""
    found = _INSTEAD.search(text.strip())
    return (found[1].strip(), found[2].strip()) if found else None


def spoken_sentence(text: str) -> str | None:
    """A whole sentence at the end of a comment, behind a colon, that is addressed to the customer."""
    found = _SENTENCE.search(text.strip())
    told = found[1].strip() if found else ""
    return told if len(told.split()) >= 5 and _TO_CUSTOMERS.search(told) else None


def document_shares(documents: Iterable[frozenset[str]]) -> dict[str, float]:
    """Stem to inverse document frequency, 0 for a stem of every document (Spärck Jones, 1972)."""
    from collections import Counter
    from math import log

    sets = list(documents)
    counts = Counter(one for document in sets for one in document)
    return {one: log((1 + len(sets)) / (0.5 + count)) for one, count in counts.items()}


def phrases(comment: str) -> Iterator[tuple[str, ...]]:
    """Runs of up to three content words of a comment, as they stand next to each other."""
    run: list[str] = []
    for word in (*_PHRASE_WORD.findall(normalise(comment).replace("_", " ")), ""):
        if word and stems(word):
            run.append(word)
            continue
        for size in (1, 2, 3):
            yield from (tuple(run[at : at + size]) for at in range(len(run) - size + 1))
        run = []
