"""What features are told from: the workspace, other tickets, other readings, asked a few plain questions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any

from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.wanted import tool_names
from fixloop.propose.evidence.filled import Filled
from fixloop.propose.evidence.heard import Heard
from fixloop.propose.evidence.kin import Kin
from fixloop.propose.evidence.leaf_evidence import LeafEvidence, rarity
from fixloop.propose.evidence.left_behind import LeftBehind
from fixloop.propose.evidence.score import Features
from fixloop.propose.evidence.standing import Standing, branch_part, fetch_part
from fixloop.propose.evidence.strange import Strange
from fixloop.propose.evidence.terms import NONE, literals
from fixloop.propose.evidence.texts import Texts
from fixloop.propose.evidence.tries import Tries
from fixloop.propose.evidence.weights import NOTE, PRIORS
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.catalog import Catalog
from fixloop.propose.readings.interventions import Outcome
from fixloop.propose.words.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Known:
    """All that features are told from, worked out once for the rejections of a run."""

    catalog: Catalog
    lexicon: Lexicon
    leaves: LeafEvidence
    standing: Standing
    information: Mapping[str, float]
    priors: Mapping[str, float] = field(default_factory=lambda: PRIORS)
    kinds: Mapping[str, float] = field(default_factory=dict)
    odd: frozenset[str] = frozenset()
    """Templates with a variable where all others have another."""
    kin: Kin | None = None
    tries: Tries = field(default_factory=Tries)
    texts: Texts = field(default_factory=lambda: Texts({}, {}, {}, {}))
    filled: Filled = field(default_factory=lambda: Filled({}, {}))
    variables: Mapping[str, float] = field(default_factory=dict)
    """Templates with what the columns they say speak for their being wrong, in nats."""
    left: LeftBehind = field(default_factory=LeftBehind)
    strange: Strange = field(default_factory=Strange)

    def _words(self, found: Features, heard: Heard, brought: frozenset[str], taken: frozenset[str]) -> None:
        for said, factor in ((heard.said, 1.0), (heard.note, NOTE)):
            if not said.says_anything:
                continue
            came = brought & (said.affirmed | said.negated)
            went = taken & (said.affirmed | said.negated)
            coverage, add = self.lexicon.coverage, _adder(found, factor)
            add("words.in", coverage(said.affirmed, came - went))
            add("words.out", coverage(said.affirmed, went - came))
            add("words.out.negated", coverage(said.negated, went - came))
            add("words.in.negated", coverage(said.negated, came - went))

    def _coverage(self, heard: Heard, said: frozenset[str], terms: frozenset[str]) -> float:
        return self.lexicon.coverage(said, terms)

    def _here(self, heard: Heard) -> frozenset[str]:
        """The words for what was answered."""
        return self.lexicon.leaves.get(heard.before.leaf, NONE) | self._action_terms(heard.before)

    def _action_terms(self, proposal: Proposal) -> frozenset[str]:
        terms = self.lexicon.templates.get(proposal.reply.template, NONE)
        return terms.union(*(self.lexicon.tools.get(name, NONE) for name in tool_names(proposal)))

    def _wanted_terms(self, outcome: Outcome) -> frozenset[str]:
        """The words for an action: its template, its tools, and what their arguments say."""
        action = outcome.intervention.action
        assert action is not None
        terms = self.lexicon.templates.get(action.reply, NONE)
        for call in action.tools:
            terms |= self.lexicon.tools.get(call.name, NONE) | literals(call.args)
        return terms

    def _tool_terms(self, names: Iterable[str]) -> frozenset[str]:
        return NONE.union(*(self.lexicon.tools.get(name, NONE) for name in names))

    def _call_terms(self, heard: Heard, action: Action) -> frozenset[str]:
        """The words for the calls that an action has and the present one has not, and for other arguments."""
        there = {call.name: call.args for call in heard.present.tools} if heard.present else {}
        terms = self._tool_terms(call.name for call in action.tools if call.name not in there)
        for call in action.tools:
            old = there.get(call.name, {})
            terms |= literals({arg: v for arg, v in call.args.items() if arg not in old or old[arg] != v})
        return terms

    def _near(self, heard: Heard, leaf: str) -> float:
        column = self.leaves.column(leaf)
        return 0.0 if column is None else float(self.leaves.near[heard.row, column])

    def _doubt(self, heard: Heard) -> float:
        """How little step one trusted its own answer, 0…1."""
        return 1 - heard.before.scores.get(heard.before.raw_leaf, 0.0)

    def _doubted(self, heard: Heard) -> float:
        """How seldom step one trusts an answer that is right as little as this one."""
        return rarity(self.standing.trust, heard.before.scores.get(heard.before.raw_leaf, 0.0))

    def _trouble(self, heard: Heard) -> float:
        """The most suspect of the parts the proposal went through."""
        parts = (branch_part(heard.before), fetch_part(heard.before), ("leaf", heard.before.leaf))
        of_text = self.standing.trouble_of_text(heard.feedback, heard.before)
        return max(of_text, *map(self.standing.trouble, parts))

    def _strength(self, proposal: Proposal) -> float:
        """How much what was matched tells of the selected records, in nats; of several, the least."""
        told = [
            sum(self.information.get(m.partition("=")[0], 0.0) for m in r.matched) for r in proposal.records
        ]
        return min(told, default=0.0)


def information_of(catalog: Catalog) -> dict[str, float]:
    """How much a match by each field tells of which record is meant: the log of how few share a value."""
    from fixloop.pipeline.rows import KEYS, values_at

    workspace = catalog.workspace
    found: dict[str, float] = {}
    for signal in workspace.fetch.signals:
        rows = workspace.records.get(signal.source, ())
        path, key = signal.match.split("."), KEYS[signal.compare]
        values = [key(value) for row in rows for value in values_at(row, path)]
        if values:
            shared = len(values) / len(set(values))
            found[signal.field] = max(found.get(signal.field, 0.0), log(max(1.0, len(rows) / shared)))
    return found


def _adder(found: Features, factor: float) -> Any:
    def add(name: str, value: float) -> None:
        if value:
            found[name] = found.get(name, 0.0) + factor * value

    return add
