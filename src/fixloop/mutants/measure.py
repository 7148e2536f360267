"""Which faults the cases catch: each shown to whoever stands behind its step, until the first who sees it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from fixloop.mutants.mutant import FetchEdit, Mutant, RuleEdit, TreeEdit
from fixloop.mutants.report import Outcome
from fixloop.mutants.watch import (
    ExtractionAsk,
    FetchAsk,
    PlanAsk,
    TextAsk,
    TicketAsk,
    Watch,
    acts_alike,
    fields_with,
    seen_plan,
    seen_ticket,
    with_fetch,
    with_plan,
)
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.engines import Answer, EngineFailure
from fixloop.pipeline.extraction import Rules
from fixloop.pipeline.fetch import Fetched, Fields, RecordIndex
from fixloop.pipeline.plan import Planner
from fixloop.ports.cache import Cache, NoCache

Ask = PlanAsk | ExtractionAsk | FetchAsk | TextAsk | TicketAsk


class Look(NamedTuple):
    """One who saw a difference; `fails` says that a case minds."""

    ask: Ask
    fails: bool
    seen: bool


Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Measured:
    """A fault's outcome with those who saw it though no case minded: what a killing case is made of."""

    outcome: Outcome
    shown: tuple[Ask, ...] = ()


class Measure:
    """Tries mutants of one watched workspace."""

    def __init__(self, watch: Watch, cache: Cache | None = None) -> None:
        self._watch = watch
        self._planner = Planner(watch.workspace)
        self._fits = cache or NoCache()

    def run(self, mutants: Iterable[Mutant], progress: Progress | None = None) -> list[Measured]:
        """Every mutant tried, in order."""
        todo = list(mutants)
        found = []
        for number, mutant in enumerate(todo, 1):
            if progress:
                progress(number, len(todo))
            found.append(self.try_one(mutant))
        return found

    def try_one(self, mutant: Mutant) -> Measured:
        """One mutant: shown to cases until one minds, then to stored tickets until an accepted one moves."""
        shown: list[Ask] = []
        for look in self.looks(mutant):
            if look.fails:
                return Measured(Outcome(mutant, look.ask.name, look.ask.name))
            if look.seen:
                shown.append(look.ask)
                if isinstance(look.ask, TicketAsk) and look.ask.is_accepted:
                    break
        return Measured(Outcome(mutant, "", shown[0].name if shown else ""), tuple(shown))

    def looks(self, mutant: Mutant) -> Iterator[Look]:
        """Everyone who sees a difference, in the order of suites and ids, stored tickets last."""
        if isinstance(mutant.edit, TreeEdit):
            return self._at_plan(mutant, str(mutant.edit.tree.leaf))
        if isinstance(mutant.edit, RuleEdit):
            return self._at_extraction(mutant.edit)
        if isinstance(mutant.edit, FetchEdit):
            return self._at_fetch(mutant.edit)
        return self._at_intent(mutant)

    # --- a plan tree ------------------------------------------------------------------------------------

    def _at_plan(self, mutant: Mutant, leaf: str) -> Iterator[Look]:
        planner, watch = Planner(mutant.apply(self._watch.workspace)), self._watch
        for ask in watch.plans.get(leaf, ()):
            trail = planner.trail(leaf, ask.scope)
            if _same(trail, ask.planned.trail, ask.expects_branch):
                continue
            planned = planner.plan(leaf, ask.scope)
            yield Look(ask, ask.fails(planned), seen_plan(planned) != seen_plan(ask.planned))
        for whole in (*watch.tickets_of.get(leaf, ()), *watch.stored_of.get(leaf, ())):
            trail = planner.trail(leaf, whole.scope)
            if _same(trail, whole.planned.trail, whole.expects_branch):
                continue
            proposal = with_plan(whole.proposal, planner.plan(leaf, whole.scope))
            yield Look(whole, whole.fails(proposal), seen_ticket(proposal) != seen_ticket(whole.proposal))

    # --- an extraction rule -----------------------------------------------------------------------------

    def _at_extraction(self, edit: RuleEdit) -> Iterator[Look]:
        rules, watch = Rules([edit.rule]), self._watch
        for ask in watch.extractions:
            fields = self._extracted(rules, ask, ask.fields)
            if fields is not None:
                yield Look(ask, ask.fails(fields), True)
        for whole in (*watch.tickets, *watch.stored):
            fields = self._extracted(rules, whole, whole.proposal.fields)
            if fields is not None:
                yield self._refetched(whole, fields, whole.world.lookup)

    def _extracted(self, rules: Rules, ask: ExtractionAsk | TicketAsk, before: Fields) -> Fields | None:
        """The values under a changed rule, or None where they are what they were."""
        [found] = rules.fields
        rule = found.rule
        some = ask.world.extractor(rules).extract(ask.text, ask.known).fields
        values = some.get(rule.group, {}).get(rule.name, ())
        if values == before.get(rule.group, {}).get(rule.name, ()):
            return None
        return fields_with(self._watch.workspace.extraction, before, rule.path, values)

    # --- fetching ---------------------------------------------------------------------------------------

    def _at_fetch(self, edit: FetchEdit) -> Iterator[Look]:
        watch = self._watch
        indexes: dict[int, RecordIndex] = {}

        def index(ask: FetchAsk | TicketAsk) -> RecordIndex:
            key = id(ask.world)
            if key not in indexes:
                indexes[key] = ask.world.lookup.under(edit.rules)
            return indexes[key]

        for ask in watch.fetches:
            fetched = index(ask).fetch(ask.fields)
            if _selection(fetched) != _selection(ask.fetched):
                yield Look(ask, ask.fails(fetched), _ids(fetched) != _ids(ask.fetched))
        for whole in (*watch.tickets, *watch.stored):
            yield self._refetched(whole, whole.proposal.fields, index(whole))

    def _refetched(self, ask: TicketAsk, fields: Fields, lookup: RecordIndex) -> Look:
        """A ticket after other values or other weights: fetched and planned again."""
        fetched = lookup.fetch(fields)
        before = ask.proposal
        if fields is before.fields and _selection(fetched) == _selection(ask.fetched):
            return Look(ask, False, False)
        planned = self._planner.plan(before.leaf, ask.scope_with(fields, fetched))
        proposal = with_plan(with_fetch(before, fields, fetched), planned)
        return Look(ask, ask.fails(proposal), seen_ticket(proposal) != seen_ticket(before))

    # --- intents ----------------------------------------------------------------------------------------

    def _at_intent(self, mutant: Mutant) -> Iterator[Look]:
        watch = self._watch
        pipeline = compile_pipeline(mutant.apply(watch.workspace), self._fits)
        texts = [*(one.text for one in watch.texts), *(one.text for one in watch.tickets)]
        asked = pipeline.classify_each(texts)
        answers = iter(asked)
        for ask in watch.texts:
            answer = next(answers)
            if isinstance(answer, EngineFailure):
                yield Look(ask, True, True)
            elif answer.leaf != ask.answer.leaf:
                yield Look(ask, ask.fails(answer), True)
        for whole in watch.tickets:
            yield from self._reclassified(whole, next(answers))
        later = pipeline.classify_each([one.text for one in watch.stored])
        for whole, answer in zip(watch.stored, later, strict=True):
            yield from self._reclassified(whole, answer)

    def _reclassified(self, ask: TicketAsk, answer: Answer | EngineFailure) -> Iterator[Look]:
        before = ask.proposal
        if isinstance(answer, EngineFailure):
            yield Look(ask, ask.case is not None, True)
            return
        path = tuple(answer.path)
        if (answer.leaf, path) == (before.leaf, before.path):
            return
        planned = ask.planned
        if answer.leaf != before.leaf:
            planned = self._planner.plan(answer.leaf, ask.scope)
        proposal = with_plan(replace(before, leaf=answer.leaf, path=path), planned)
        yield Look(ask, ask.fails(proposal), seen_ticket(proposal) != seen_ticket(before))


class BaseFits:
    """A cache that knows what the sound workspace was fitted to, and forgets every fault."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._known: dict[tuple[str, str], bytes] = {}

    def load(self, kind: str, key: str) -> bytes | None:
        """The bytes of the sound workspace; what was once read is not read from disk again."""
        found = self._known.get((kind, key))
        if found is None:
            found = self._cache.load(kind, key)
            if found is not None:
                self._known[kind, key] = found
        return found

    def save(self, kind: str, key: str, data: bytes) -> None:
        """A fault's fit is asked for once."""


def _same(trail: Any, before: Any, by_name: bool) -> bool:
    if not acts_alike(trail, before):
        return False
    return not by_name or (not trail or trail[-1].id == before[-1].id)


def _selection(fetched: Fetched) -> tuple[Any, ...]:
    """All that a plan can read of a lookup, beside the rows of the records."""
    return (_ids(fetched), fetched.top_score, fetched.margin)


def _ids(fetched: Fetched) -> tuple[str, ...]:
    return tuple([record.id for record in fetched.records])
