"""What accepted and rejected tickets say of each part of the workspace that they went through.

Parts that many rejected and few accepted proposals share are suspect: fault localisation by spectra (Jones
and Harrold, 2005), with tickets for test runs. What accepted tickets got also says which answer is usual
where: how often a reply was right in circumstances like these (naive Bayes over what a condition could test).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Proposal, outcome_of
from fixloop.pipeline.templates import language_of
from fixloop.propose.bench.failed import failed_template
from fixloop.propose.readings.interventions import MOST_TROUBLE
from fixloop.workspace.model import Template

Part = tuple[str, ...]
"""A part of the workspace: its kind and what names it."""

_HALF = 0.5
_LONGEST_FACT = 40


@dataclass(frozen=True, slots=True)
class Standing:
    """How many accepted and rejected proposals went through each part, and what accepted ones were like.

    `facts` counts (template, fact) over accepted tickets, `calls` (template, tool), `templates` those of a
    template, `usual` each fact. `trust` is how much step one trusted their leaves, ascending; `complaints`
    are all rejections there are. `texts` are the templates, `language` is that of who says none.
    """

    accepted: Mapping[Part, int]
    rejected: Mapping[Part, int]
    facts: Mapping[tuple[str, str], int]
    calls: Mapping[tuple[str, str], int]
    templates: Mapping[str, int]
    usual: Mapping[str, int]
    total: int
    trust: tuple[float, ...] = ()
    complaints: int = 0
    texts: Mapping[str, Template] = field(default_factory=dict)
    language: str = ""

    def trouble(self, part: Part, also: Part | None = None) -> float:
        """Log-odds of rejected against accepted at a part, the asking rejection left out; within ±4.

        `also` is a part whose accepted tickets speak for it as well.
        """
        others = max(0, self.rejected.get(part, 0) - 1)
        right = self.accepted.get(part, 0) + (self.accepted.get(also, 0) if also else 0)
        return _clip(log((others + _HALF) / (right + _HALF)))

    def trouble_of_text(self, one: Feedback, proposal: Proposal) -> float:
        """The same of the text that was sent: rejected in any language, for what it says is wrong in each."""
        name = proposal.reply.template
        others = max(0, self.rejected.get(("template", name), 0) - 1)
        right = self.accepted.get(self.text_part(one, name), 0)
        return _clip(log((others + _HALF) / (right + _HALF)))

    def text_part(self, one: Feedback, template: str) -> Part:
        """The text of a template that a ticket gets: the one in its language, else the one there is."""
        return text_part(self.texts, self.language, one, template)

    def calls_with(self, template: str, tool: str) -> float:
        """Log-odds that a tool is called with a template, among accepted tickets; 0 for one never seen."""
        size = self.templates.get(template, 0)
        if not size:
            return 0.0
        called = self.calls.get((template, tool), 0)
        return _clip(log((called + _HALF) / (size - called + _HALF)))

    def company(self, part: Part) -> int:
        """How many other rejections went through a part."""
        return max(0, self.rejected.get(part, 0) - 1)

    def lonely(self, part: Part) -> bool:
        """Whether all other rejections went elsewhere: the only one there is has nobody to be with."""
        return self.complaints > 1 and not self.company(part)

    def fits(self, template: str, facts: Sequence[str]) -> float:
        """Mean log-likelihood ratio of these facts under a template's accepted tickets and under all."""
        size = self.templates.get(template, 0)
        if not size or not facts:
            return 0.0
        found = 0.0
        for fact in facts:
            usual = (self.usual.get(fact, 0) + _HALF) / (self.total + 1)
            found += log((self.facts.get((template, fact), 0) + usual) / (size + 1) / usual)
        return _clip(found)


def _clip(value: float) -> float:
    return max(-MOST_TROUBLE, min(MOST_TROUBLE, value))


def build_standing(
    feedback: Sequence[Feedback],
    before: Mapping[str, Proposal],
    rejections: Sequence[Feedback],
    texts: Mapping[str, Template],
    language: str,
) -> Standing:
    """The standing of every part, from the stored tickets that still get what staff accepted."""
    accepted, rejected = Counter[Part](), Counter[Part]()
    facts, templates, usual = Counter[tuple[str, str]](), Counter[str](), Counter[str]()
    calls, total = Counter[tuple[str, str]](), 0
    trust: list[float] = []

    def parts_of(one: Feedback, proposal: Proposal) -> tuple[Part, ...]:
        sent = text_part(texts, language, one, proposal.reply.template)
        return tuple(dict.fromkeys((*_parts(proposal), sent)))

    for one in feedback:
        if one.outcome == "accepted" and one.id in before and is_kept(one, before[one.id]):
            proposal = before[one.id]
            accepted.update(parts_of(one, proposal))
            told = facts_of(proposal)
            templates[proposal.reply.template] += 1
            facts.update((proposal.reply.template, fact) for fact in told)
            usual.update(told)
            calls.update((proposal.reply.template, name) for name in {tool.name for tool in proposal.tools})
            total += 1
            trust.append(proposal.scores.get(proposal.raw_leaf, 0.0))
    for one in rejections:
        rejected.update(parts_of(one, before[one.id]))
    return Standing(
        accepted,
        rejected,
        facts,
        calls,
        templates,
        usual,
        total,
        tuple(sorted(trust)),
        len(rejections),
        texts,
        language,
    )


def is_kept(one: Feedback, proposal: Proposal) -> bool:
    """Whether an accepted ticket still gets the answer that was accepted."""
    recorded = outcome_of(one.proposal)
    made = proposal.outcome
    return (recorded.leaf, recorded.template, recorded.tools) == (made.leaf, made.template, made.tools)


def _parts(proposal: Proposal) -> Iterator[Part]:
    """The parts of the workspace a proposal went through, but for the text that was sent."""
    yield ("leaf", proposal.leaf)
    yield branch_part(proposal)
    yield ("template", proposal.reply.template)
    if (failed := failed_template(proposal)) is not None:
        yield unrendered_part(failed)
    yield fetch_part(proposal)
    for group, fields in proposal.fields.items():
        for name, values in fields.items():
            if values:
                yield ("field", f"{group}.{name}")
    for tool in proposal.tools:
        yield ("tool", tool.name)


def branch_part(proposal: Proposal) -> Part:
    """The branch that answered."""
    return ("branch", proposal.leaf, proposal.branch or "")


def text_part(texts: Mapping[str, Template], language: str, one: Feedback, template: str) -> Part:
    """A text: a template in the language that it has for a ticket."""
    known = texts.get(template)
    asked = (one.fixture.ticket.language, language)
    return ("template", template, language_of(known, asked) if known else "")


def unrendered_part(template: str) -> Part:
    """A template that was meant and gave no text."""
    return ("unrendered", template)


def fetch_part(proposal: Proposal) -> Part:
    """How records were found: how many, and which fields named the best."""
    count = str(min(len(proposal.records), 2))
    best = proposal.candidates[0].matched if proposal.candidates else ()
    return ("fetch", count, *sorted({label.partition("=")[0] for label in best}))


def facts_of(proposal: Proposal) -> tuple[str, ...]:
    """What a condition could test: how many records, short columns of the one, fields with values."""
    found = [f"count={min(len(proposal.records), 2)}"]
    if len(proposal.records) == 1:
        row: Mapping[str, Any] = proposal.records[0].row
        found += [f"{column}={value}" for column, value in row.items() if _is_fact(value)]
    found += [
        f"{group}.{name}" for group, fields in proposal.fields.items() for name, v in fields.items() if v
    ]
    return tuple(found)


def _is_fact(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and len(value) <= _LONGEST_FACT)
