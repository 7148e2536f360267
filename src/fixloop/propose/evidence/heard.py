"""What was heard: a rejection read once, what staff quote in it, and how like two texts are."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.readings.actions import Action
from fixloop.propose.words.spelt import paths_given
from fixloop.propose.words.words import Said, exchanged_parts, folded, quoted_parts, spoken_sentence, stems

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Heard:
    """A rejection, read once: its words, what staff quote, how like the corrected reply is to it.

    `given` are the paths of record and fields that have a value.
    """

    row: int
    feedback: Feedback
    before: Proposal
    said: Said
    note: Said
    disputed: bool = False
    quoted: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    spoken: str = ""
    sent_like: float = 0.0
    explained: bool = False
    known: float = 1.0
    present: Action | None = None
    given: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    """Names of leaves that the words would be, as their ids are written."""
    wrong_row: bool = False
    """Whether staff say "wrong customer", or of whatever a source's rows are."""
    missing: bool = False
    """Whether staff say that there is no answer for it yet."""

    def calls(self, leaf: str) -> bool:
        """Whether staff call the ticket's leaf by its name, and do not say that it is not that."""
        return (
            folded(leaf.casefold()) in self.called and stems(leaf) <= self.said.affirmed | self.note.affirmed
        )

    @property
    def moved(self) -> bool:
        """Whether the ticket gets another leaf today than the one that was rejected."""
        return self.feedback.proposal.get("leaf") not in (None, self.before.leaf)


@lru_cache(maxsize=20_000)
def _pairs(text: str) -> frozenset[tuple[str, str]]:
    words = text.split()
    return frozenset(zip(["", *words], [*words, ""], strict=True))


def likeness(a: str, b: str) -> float:
    """How alike two texts are by pairs of words that follow each other, 0…1 (Sørensen, 1948)."""
    here, there = _pairs(a), _pairs(b)
    return 2 * len(here & there) / (len(here) + len(there))


LENGTHENED = 0.15
"""How much less a text that another one holds almost whole is like it than one with as many words."""


def edit_likeness(sent: str, corrected: str) -> float:
    """How like a text is to one that could be it with a stretch more or less, however long, 0…1."""
    here, there = _pairs(sent), _pairs(corrected)
    held = len(here & there) / min(len(here), len(there))
    return max(likeness(sent, corrected), held - LENGTHENED)


def hear(
    row: int,
    feedback: Feedback,
    before: Proposal,
    said: Said,
    note: Said,
    disputed: bool,
    sources: Collection[str] = (),
) -> Heard:
    """A rejection read once; `sources` are the names of what records come from."""
    spoken = " ".join([feedback.comment, *notes_of(feedback)])
    quoted = tuple(part.casefold() for part in quoted_parts(spoken)) or _unquoted(feedback, before)
    named = frozenset(word.strip(".,;:!?()\"'“”„") for word in spoken.casefold().split()) | set(quoted)
    alike = likeness(before.reply.text, feedback.reply) if feedback.reply else 0.0
    return Heard(
        row,
        feedback,
        before,
        said,
        note,
        disputed,
        quoted,
        frozenset(named),
        spoken.casefold(),
        alike,
        given=paths_given(before),
        called=names_said(spoken),
        wrong_row=says_wrong_row(spoken, sources),
        missing=says_missing(spoken),
    )


LONGEST_NAME = 5
"""Words of a leaf's name that are looked for."""

_NAMED_BY = re.compile(
    r"(?:\b(?:should be|should have been|it['’]?s|is|means?|meant|belongs to|goes to|leaf|intent|topic"
    r"|ist|soll(?:te)?|gehoert zu|heisst|meint|richtig)(?:\s+(?:an?|the|eine?|der|die|das))?"
    r"|->|→|=|^)[\s:]*[`\"'“„]?$"
)
"""What stands before a name of one word: without it the word may be any."""


def names_said(spoken: str) -> frozenset[str]:
    """What ids the words would be: runs of words, and one alone that is written as an id or said to be it."""
    text = folded(spoken.casefold())
    found = list(_WORDS.finditer(text))
    words = [one[0] for one in found]
    runs = {
        "_".join(words[n : n + size])
        for size in range(2, LONGEST_NAME + 1)
        for n in range(len(words) - size + 1)
    }
    alone = {one[0] for one in found if "_" in one[0] or _NAMED_BY.search(text[: one.start()])}
    return frozenset(runs | alone)


_WRONG = re.compile(r"\b(?:wrong|incorrect|falsche?[nrs]?)\s+(\w+)")
_ROWS = frozenset(
    re.findall(
        r"\w+",
        "customer client user member person holder account record "
        "kunde kunden kundin konto datensatz mitglied inhaber",
    )
)
"""What a record is of, whatever its source is called."""


def says_wrong_row(spoken: str, sources: Collection[str] = ()) -> bool:
    """Whether somebody says that the customer, or what a source's rows are, is the wrong one."""
    called = {folded(name.casefold()) for name in sources}
    found = (one[1] for one in _WRONG.finditer(folded(spoken.casefold())))
    return any(word in _ROWS or called & {word, f"{word}s", f"{word}es"} for word in found)


_ANSWER = r"(?:answers?|repl(?:y|ies)|lea(?:f|ves)|intents?|topics?|categor(?:y|ies)|templates?)"
_MISSING = re.compile(
    rf"\b(?:needs?|lacks?|should have) (?:an? )?(?:own |new |separate )?{_ANSWER} (?:for|on|about)\b"
    rf"|\b(?:there is|there['’]s|there are|have) (?:no {_ANSWER}|nothing) (?:for|on|about)\b"
    rf"|\bno {_ANSWER} (?:for|on|about|covers?)\b"
    r"|\b(?:dafuer|dazu|hierfuer|hierzu) (?:gibt es|haben wir) (?:noch )?(?:nichts|kein\w*)\b"
    r"|\b(?:brauchen|fehlt|gibt es|haben wir) (?:noch |uns )?(?:eine?|keine?) "
    r"(?:antwort|thema|vorlage|kategorie)\b"
)


def says_missing(spoken: str) -> bool:
    """Whether somebody says that nothing here answers it: an answer is needed, or there is none for it."""
    return _MISSING.search(folded(spoken.casefold())) is not None


def _unquoted(feedback: Feedback, before: Proposal) -> tuple[str, ...]:
    """The words that should stand in the reply, and those that do, where staff say so without quoting."""
    parts = exchanged_parts(feedback.comment)
    if parts and parts[1] in before.reply.text:
        return tuple(part.casefold() for part in parts)
    sentence = spoken_sentence(feedback.comment)
    return (sentence.casefold().strip(" ."),) if sentence else ()


def notes_of(feedback: Feedback) -> tuple[str, ...]:
    """An engineer's own words on a rejection."""
    return tuple(getattr(feedback, "notes", ()))
