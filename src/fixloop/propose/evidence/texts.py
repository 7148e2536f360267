"""What speaks for a reply's text being wrong, and not its choice: what is said of it, and who else has it.

A number that staff name and that neither the customer nor the record has can only stand in a text; a sentence
within a sentence, and one that speaks to the customer, is one of a reply. A text that is the business of
another leaf is right there and astray here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.readings.actions import Action
from fixloop.propose.words.words import numbers_in, stems
from fixloop.workspace.model import Template, Workspace

LIKE_ONE, LIKE_NONE = 1.0, 0.5
"""What a number counts for that has the form of one that was sent, and one that is like none of them."""

MOST_AT_HOME = 8
"""So many leaves that send a text can each be where it belongs; of more, none is."""

ASTRAY, MOST_ASTRAY = 15.0, 3.0
"""What speaks for another reply in a branch, in nats whose own is wholly at home elsewhere; and at most."""

_CODE = re.compile(r"\{[{%#].*?[}%#]\}", re.S)
_DIGIT = re.compile(r"\d")
_TO_CUSTOMER = re.compile(
    r"\b[Yy]ou(?:r\w*|['’]\w+)?\b|(?<=[\w,;] )(?:Ihr\w*|Ihnen)\b|\b(?:[Tt]ell|[Ss]end|[Gg]ive|[Ll]et) us\b"
)


@dataclass(frozen=True, slots=True)
class Texts:
    """What the templates say word for word, casefolded; the numbers in them; the leaves that send each.

    `stems` are those of a template's words and of its name.
    """

    words: Mapping[str, str]
    stems: Mapping[str, frozenset[str]]
    numbers: Mapping[str, frozenset[str]]
    users: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, workspace: Workspace, actions: Mapping[str, Sequence[Action]]) -> "Texts":
        """The texts of a workspace; `actions` are those of each leaf's tree."""
        users: dict[str, set[str]] = {}
        for leaf, own in actions.items():
            for action in own:
                users.setdefault(action.reply, set()).add(leaf)
        words = {name: _literals(one) for name, one in workspace.templates.items()}
        numbers = {name: frozenset(numbers_in(text)) for name, text in words.items()}
        return cls(
            {name: text.casefold() for name, text in words.items()},
            {name: stems(name) | stems(text) for name, text in words.items()},
            numbers,
            {name: frozenset(found) for name, found in users.items()},
        )

    def strayed(self, leaf: str, template: str, at_home: Callable[[str, str], float]) -> float:
        """How much more a text is at home in other leaves that send it than in this one, 0…1.

        What many leaves send is nobody's own.
        """
        others = self.users.get(template, frozenset()) - {leaf}
        if not 0 < len(others) <= MOST_AT_HOME:
            return 0.0
        best = max(at_home(one, template) for one in others)
        return max(0.0, best - at_home(leaf, template)) / len(others)

    def all_strayed(self, at_home: Callable[[str, str], float]) -> dict[tuple[str, str], float]:
        """How far each leaf's replies are astray, in nats for another reply; those that are not left out."""
        pairs = [(leaf, name) for name, leaves in self.users.items() for leaf in leaves]
        found = {pair: min(MOST_ASTRAY, ASTRAY * self.strayed(*pair, at_home)) for pair in pairs}
        return {pair: told for pair, told in found.items() if told}

    def has(self, template: str, part: str) -> bool:
        """Whether a template says something word for word."""
        return part in self.words.get(template, "")

    def number_told(self, template: str, one: Feedback, before: Proposal) -> float:
        """How surely staff name a number of the text, 0…1: it stands there, or is like one that does.

        Not what the customer wrote or a record holds: that names the customer.
        """
        there = self.numbers.get(template, frozenset())
        said = [number for number in numbers_in(one.comment) if not _is_known(number, one, before)]
        if not said:
            return 0.0
        alike = {form for number in there for form in _forms(number)}
        near = any(number in there or _form(number) in alike for number in said)
        return LIKE_ONE if near else LIKE_NONE


def astray(bench: Workbench, leaf: str, template: str | None) -> float:
    """What speaks for another reply in a branch, in nats, for the present one belongs to other leaves."""
    told: Mapping[tuple[str, str], float] = bench.kept.get("astray", {})
    return told.get((leaf, template or ""), 0.0)


def to_customer(comment: str) -> bool:
    """Whether a comment has words that speak to the customer, and not of him."""
    return _TO_CUSTOMER.search(comment) is not None


def _is_known(number: str, one: Feedback, before: Proposal) -> bool:
    """Whether the ticket or a record it was matched with has a number."""
    told = " ".join(str(value) for value in one.ticket.values())
    rows = " ".join(str(record.row) for record in before.candidates)
    return number in told or number in rows


def _forms(number: str) -> set[str]:
    """The form of a number and of its parts: of a telephone number staff name the end."""
    return {_form(part) for part in (number, *number.split(" "))}


def _form(number: str) -> str:
    return _DIGIT.sub("9", number)


def _literals(template: Template) -> str:
    return "\n".join(_CODE.sub(" ", text) for text in template.texts.values())
