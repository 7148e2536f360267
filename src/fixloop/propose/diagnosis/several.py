"""Several intents in one ticket: nothing one leaf's fix could mend, so it is told and not fixed.

A ticket's text is taken apart where people go on to something else; each part is asked of the intent engine.
It is several intents where two parts surely are two leaves' and staff say so, or where what staff ask for is
a part's leaf while the proposal answered another part, and nobody else asks for that change.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.evidence.heard import notes_of
from fixloop.workspace.model import is_other

SURE = 0.5
"""The joint score from which a part surely is a leaf's; a level's threshold is usually below."""

FEWEST_WORDS, MOST_PARTS = 3, 8

_GOES_ON = re.compile(
    r"(?<=[.!?;])\s+|\n+|(?:^|\s)\(?\d[.)]\s+|"
    r",?\s+(?=(?:and also|and another|also,|also i|besides|another thing|on top of that|by the way|plus,?"
    r"|secondly|second,|und außerdem|und ausserdem|außerdem|ausserdem|zudem|übrigens|zweitens|und auch"
    r"|und dann noch)\b)",
    re.I,
)
_EVEN_SO = re.compile(r",\s+|\s+(?=(?:and|und|sowie|as well as)\s)", re.I)
_SAID = re.compile(
    r"\b(?:two|2|three|3|several|both|zwei|drei|mehrere|beide\w*)\s+(?:\w+\s+)?"
    r"(?:things|questions|requests|issues|topics|problems|intents|matters|subjects"
    r"|anliegen|fragen|themen|sachen|dinge|punkte|wünsche|probleme)\b"
    r"|\b(?:also|too)\s+(?:asks?|asked|wants?|wanted)\b|\b(?:asks?|asked|wants?|wanted)\s+(?:also|both)\b"
    r"|\b(?:fragt|fragte|will|wollte|möchte)\s+(?:auch noch|außerdem|ausserdem|beides|zugleich)\b",
    re.I,
)


class Several(NamedTuple):
    """The leaves of a ticket's parts in their order, and how sure the less sure of the first two is, 0…1."""

    leaves: tuple[str, ...]
    sure: float


def parts_of_text(text: str, finely: bool = False) -> list[str]:
    """The parts of a text in which something is said; `finely` also at commas and each "and"."""
    parts = [part for part in _GOES_ON.split(text) if part]
    if finely:
        parts = [piece for part in parts for piece in _EVEN_SO.split(part)]
    return [part.strip() for part in parts if len(part.split()) >= FEWEST_WORDS][:MOST_PARTS]


def says_several(text: str) -> bool:
    """Whether staff say that a ticket asks for more than one thing."""
    return _SAID.search(text) is not None


def find_several(bench: Workbench, diagnoses: Sequence[Diagnosis]) -> dict[str, Several]:
    """Feedback id to the leaves of its parts, where several intents explain a rejection best."""
    asked = Counter(one.best.intervention.place for one in diagnoses)
    chosen: list[tuple[Diagnosis, bool, list[str]]] = []
    for one in diagnoses:
        said = says_several(" ".join([one.feedback.comment, *notes_of(one.feedback)]))
        if said or asked[one.best.intervention.place] == 1:
            parts = parts_of_text(one.feedback.fixture.ticket.customer_text, said)
            if len(parts) > 1:
                chosen.append((one, said, parts))
    every = [part for _, _, parts in chosen for part in parts]
    answers = iter(bench.pipeline.classify(every) if every else ())
    found: dict[str, Several] = {}
    for one, said, parts in chosen:
        sure: dict[str, float] = {}
        for answer in [next(answers) for _ in parts]:
            score = answer.scores.get(answer.leaf, 0.0)
            if not is_other(answer.leaf) and score >= SURE:
                sure[answer.leaf] = max(score, sure.get(answer.leaf, 0.0))
        if len(sure) > 1 and (said or _asks_for_the_other(one, sure)):
            found[one.feedback.id] = Several(tuple(sure), round(sorted(sure.values())[-2], 6))
    return found


def _asks_for_the_other(one: Diagnosis, sure: dict[str, float]) -> bool:
    """Whether the proposal answered one part, and what staff ask for is another's leaf."""
    if one.before.leaf not in sure:
        return False
    best = one.best.intervention
    asked = best.wanted.leaf if best.step == "intent" else None
    wanted = (one.feedback.expected or {}).get("leaf", asked)
    return wanted != one.before.leaf and wanted in sure
