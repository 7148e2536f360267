"""A text belongs to one split: what a model learns from must not be what it is examined on."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from fixloop.evals.case import Case, CaseSet
from fixloop.pipeline.identity import once_for_these
from fixloop.pipeline.ticket import parse_ticket
from fixloop.workspace.model import Problem, Workspace
from fixloop.workspace.text import named, text_digest

EXAMPLE_AND_CASE = "example_and_case"
TWO_ANSWERS = "two_answers"
REPEATED = "repeated"

LEARNED = frozenset({"intent", "pipeline", "known_good", "fallback"})
"""Suites whose answer depends on the examples."""


class Overlap(NamedTuple):
    """A case whose text stands elsewhere too: among a leaf's examples, or in an earlier case."""

    kind: str
    case: Case
    other: str
    severity: str

    @property
    def problem(self) -> Problem:
        """The same as `check` shows it."""
        message, mend = _WORDS[self.kind]
        return Problem(self.case.place, message.format(other=self.other), mend, self.severity)


_WORDS: Mapping[str, tuple[str, str]] = {
    EXAMPLE_AND_CASE: (
        "this text is also an example of {other}",
        "remove one of the two: a text is example or case",
    ),
    TWO_ANSWERS: ("this text has another right leaf in {other}", "decide for one leaf"),
    REPEATED: ("this text is asked already in {other}", "remove one of the two"),
}


def split_overlaps(workspace: Workspace, cases: CaseSet) -> tuple[Overlap, ...]:
    """Every case whose normalised text is an example, or was asked before.

    As an example: an error where the answer is learned from examples, a warning for extraction. In two cases
    with different right leaves: an error. Twice in the intent suite with one leaf: a warning.
    """
    examples = {text_digest(e.text): leaf for leaf, found in workspace.examples.items() for e in found}
    overlaps: list[Overlap] = []
    for case, digest, repeated in _asked(cases):
        if digest in examples:
            severity = "error" if case.suite in LEARNED else "warning"
            overlaps.append(Overlap(EXAMPLE_AND_CASE, case, named(examples[digest]), severity))
        overlaps += repeated
    return tuple(overlaps)


class _Asked(NamedTuple):
    """A case with a text, the text's digest, and in which earlier cases it stands too."""

    case: Case
    digest: str
    repeated: tuple[Overlap, ...]


@once_for_these(2)
def _asked(cases: CaseSet) -> list[_Asked]:
    """Every case with a text; a gate asks about the same ones beside two workspaces."""
    first: dict[str, Case] = {}
    found: list[_Asked] = []
    for case in cases:
        text = case_text(case)
        if text is None:
            continue
        digest = text_digest(text)
        found.append(_Asked(case, digest, tuple(_between_cases(case, first.get(digest)))))
        if expected_leaf(case):
            first.setdefault(digest, case)
    return found


@lru_cache(maxsize=20_000)  # a gate asks three times for all of them
def case_text(case: Case) -> str | None:
    """What a case's customer wrote; fetch and plan cases have no text."""
    return text_in(case.suite, case.spec)


def text_in(suite: str, spec: Mapping[str, Any]) -> str | None:
    """What a case's customer wrote, of a case that stands in no file yet; see `case_text`."""
    if "ticket" in spec and suite != "plan":
        return parse_ticket(spec["ticket"]).customer_text
    text: str | None = spec.get("text")
    return text


def expected_leaf(case: Case) -> str | None:
    """The leaf a case expects of its text, where it says one."""
    if case.suite == "intent":
        return str(case.expect)
    return case.expect.get("leaf") if case.suite in LEARNED else None


def _between_cases(case: Case, earlier: Case | None) -> Iterator[Overlap]:
    leaf = expected_leaf(case)
    if earlier is None or leaf is None:
        return
    if leaf != expected_leaf(earlier):
        yield Overlap(TWO_ANSWERS, case, f"case {named(earlier.id)} ({earlier.place})", "error")
    elif case.suite == earlier.suite == "intent":
        yield Overlap(REPEATED, case, f"case {named(earlier.id)} ({earlier.place})", "warning")
