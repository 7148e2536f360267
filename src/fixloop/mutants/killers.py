"""The case that would catch a surviving fault: what the base answers where the fault answers otherwise.

Made of a case or a stored ticket that shows the difference, or of inputs made up for it; cut down to what the
difference needs; and tried: a case is given out only if it passes on the base and fails with the fault.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from typing import Any

from fixloop.errors import FixloopError
from fixloop.evals.expect import FieldValues
from fixloop.evals.given import given_cases
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.hints.ids import content_id
from fixloop.mutants.measure import Ask, Measured
from fixloop.mutants.mutant import FetchEdit, Mutant, RuleEdit, TreeEdit
from fixloop.mutants.report import Killer
from fixloop.mutants.situations import Situation, situations
from fixloop.mutants.texts import texts_for
from fixloop.mutants.watch import ExtractionAsk, FetchAsk, PlanAsk, TicketAsk, Watch, seen_plan
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.fetch import Fields, Rows
from fixloop.pipeline.fixture import fields_json, rows_json
from fixloop.pipeline.plan import Planned
from fixloop.pipeline.rows import values_at
from fixloop.ports.cache import Cache, NoCache
from fixloop.workspace.model import FieldRule
from fixloop.workspace.text import text_digest

MADE_UP = "made up"
_PIECES = re.compile(r"(?<=[.!?;,])\s+|\n+")
_TOLD = re.compile(r"\brecord\.(\w+)")
_MOST_RECORDS = 40

Case = dict[str, Any]


class Killers:
    """Finds killing cases in one watched workspace."""

    def __init__(self, watch: Watch, cache: Cache | None = None) -> None:
        self._watch = watch
        self._cache = cache or NoCache()

    def find(self, measured: Measured) -> Killer | None:
        """A case for one survivor, or None where nothing tells the fault from the base."""
        mutant = measured.outcome.mutant
        faulty = compile_pipeline(mutant.apply(self._watch.workspace), self._cache)
        for case, origin in self._candidates(mutant, faulty, measured.shown):
            named = {"id": _id_of(mutant, case), **case}
            if self._kills(named, faulty):
                return Killer(named, origin)
        return None

    def _kills(self, case: Case, faulty: Pipeline) -> bool:
        try:
            cases = given_cases([case])
        except FixloopError:
            return False
        sound = all(one.outcome == PASS for one in evaluate(self._watch.pipeline, cases))
        return sound and any(one.outcome != PASS for one in evaluate(faulty, cases))

    def _candidates(
        self, mutant: Mutant, faulty: Pipeline, shown: Sequence[Ask]
    ) -> Iterator[tuple[Case, str]]:
        if isinstance(mutant.edit, TreeEdit):
            return self._plans(mutant.edit, faulty, shown)
        if isinstance(mutant.edit, RuleEdit):
            return self._extractions(mutant.edit, faulty, shown)
        if isinstance(mutant.edit, FetchEdit):
            return self._fetches(faulty, shown)
        return self._intents(shown)

    # --- plan cases -------------------------------------------------------------------------------------

    def _plans(self, edit: TreeEdit, faulty: Pipeline, shown: Sequence[Ask]) -> Iterator[tuple[Case, str]]:
        leaf = str(edit.tree.leaf)
        tell = _PlanTeller(leaf, self._watch.pipeline, faulty)
        for situation, origin in self._situations(leaf, shown):
            if tell.differs(situation):
                least = tell.cut_down(situation, self._told_columns)
                for expect in tell.expectations(least):
                    yield {"suite": "plan", "leaf": leaf, **least.to_case(), "expect": expect}, origin

    def _situations(self, leaf: str, shown: Sequence[Ask]) -> Iterator[tuple[Situation, str]]:
        for ask in shown:
            if isinstance(ask, PlanAsk):
                spec = ask.case.spec
                given = Situation(
                    spec.get("fields", {}),
                    tuple(spec.get("records", ())),
                    spec.get("ticket", {}),
                    spec.get("fetched", {}),
                )
                yield given, _origin(ask)
            elif isinstance(ask, TicketAsk) and _is_settled(ask):
                found = ask.proposal
                rows = tuple(record.row for record in found.records)
                scores = {"top_score": found.trace.top_score, "margin": found.trace.margin}
                ticket = {key: value for key, value in ask.ticket.to_json().items() if key != "id"}
                yield Situation(found.fields, rows, ticket, scores), _origin(ask)
        tree = self._watch.workspace.plan_trees.get(leaf)
        for situation in situations(tree, self._watch.workspace) if tree else ():
            yield situation, MADE_UP

    @cached_property
    def _told_columns(self) -> frozenset[str]:
        """Columns that stay in a case: ids, and what replies tell, for a later text may tell it here too."""
        workspace = self._watch.workspace
        texts = [text for template in workspace.templates.values() for text in template.texts.values()]
        told = {column for text in texts for column in _TOLD.findall(text)}
        return frozenset({source.id for source in workspace.fetch.sources.values()} | told)

    # --- extraction cases -------------------------------------------------------------------------------

    def _extractions(
        self, edit: RuleEdit, faulty: Pipeline, shown: Sequence[Ask]
    ) -> Iterator[tuple[Case, str]]:
        group, name = edit.rule.group, edit.rule.name
        for text, rows, origin in self._texts(edit.rule, shown):
            for piece in (*_pieces(text), text):
                sound, wrong = self._watch.pipeline.extract(piece, rows), faulty.extract(piece, rows)
                if sound == wrong:
                    continue
                given: Case = {"suite": "extraction", "text": piece}
                given |= {"rows": rows_json(rows)} if rows is not None else {}
                values = sound.get(group, {}).get(name, ())
                if set(values) - set(wrong.get(group, {}).get(name, ())):
                    yield {**given, "expect": {group: {name: list(values)}}}, origin
                yield {**given, "exact": True, "expect": fields_json(sound)}, origin
                break

    def _texts(self, rule: FieldRule, shown: Sequence[Ask]) -> Iterator[tuple[str, Rows | None, str]]:
        for ask in shown:
            if isinstance(ask, ExtractionAsk | TicketAsk) and _is_settled(ask):
                yield ask.text, None, _origin(ask)
                rows = _rows_of(ask)
                if rows is not None:
                    yield ask.text, rows, _origin(ask)
        for one in self._watch.texts:
            yield one.text, None, _origin(one)
        sound = next(one for one in self._watch.workspace.extraction if one.path == rule.path)
        words = [f"about {value} please" for value in sound.values if value not in rule.values]
        for text in (*words, *texts_for(*sound.patterns, *rule.patterns)):
            yield text, None, MADE_UP

    # --- fetch cases ------------------------------------------------------------------------------------

    def _fetches(self, faulty: Pipeline, shown: Sequence[Ask]) -> Iterator[tuple[Case, str]]:
        for fields, rows, origin in self._lookups(shown):

            def ids(pipeline: Pipeline, some: Any, rows: Rows | None = rows) -> list[str]:
                return [record.id for record in pipeline.fetch(some, rows).records]

            wanted = ids(self._watch.pipeline, fields)
            if wanted == ids(faulty, fields):
                continue
            least = _fewest(
                fields,
                lambda some, wanted=wanted: ids(self._watch.pipeline, some) == wanted != ids(faulty, some),  # type: ignore[misc]
            )
            given: Case = {"suite": "fetch", "fields": _plain(least)}
            given |= {"rows": rows_json(rows)} if rows is not None else {}
            yield {**given, "expect": {"records": wanted}}, origin

    def _lookups(self, shown: Sequence[Ask]) -> Iterator[tuple[Fields, Rows | None, str]]:
        for ask in shown:
            if isinstance(ask, FetchAsk):
                yield ask.fields, _rows_of(ask), _origin(ask)
            elif isinstance(ask, TicketAsk) and _is_settled(ask):
                yield ask.proposal.fields, _rows_of(ask), _origin(ask)
        for fields in self._named_records():
            yield fields, None, MADE_UP

    def _named_records(self) -> Iterator[Fields]:
        """What a ticket may say of a record: some of the values that signals look for, fewest first."""
        rules = self._watch.workspace.fetch
        ids = dict.fromkeys(
            row.get(rules.sources[name].id)
            for name, rows in self._watch.workspace.records.items()
            if name in rules.sources
            for row in rows[:_MOST_RECORDS]
        )
        for size in range(1, len(rules.signals) + 1):
            for record in list(ids)[:_MOST_RECORDS]:
                known = self._values_of(record)
                for chosen in combinations(sorted(known), size):
                    found: dict[str, dict[str, tuple[str, ...]]] = {}
                    for path in chosen:
                        group, _, name = path.partition(".")
                        found.setdefault(group, {})[name] = (known[path],)
                    yield found

    def _values_of(self, record: Any) -> dict[str, str]:
        """Field path to the value that a signal finds in a record."""
        rules, found = self._watch.workspace.fetch, dict[str, str]()
        for signal in rules.signals:
            source = rules.sources[signal.source]
            for row in self._watch.workspace.records.get(signal.source, ()):
                if row.get(source.id) == record:
                    values = values_at(row, signal.match.split("."))
                    if values:
                        found.setdefault(signal.field, str(values[0]))
        return found

    # --- intent cases -----------------------------------------------------------------------------------

    def _intents(self, shown: Sequence[Ask]) -> Iterator[tuple[Case, str]]:
        taught = {text_digest(one.text) for found in self._watch.workspace.examples.values() for one in found}
        for ask in shown:
            if isinstance(ask, TicketAsk) and _is_settled(ask) and text_digest(ask.text) not in taught:
                yield {"suite": "intent", "text": ask.text, "expect": ask.proposal.leaf}, _origin(ask)
                yield _way_down(ask), _origin(ask)


class _PlanTeller:
    """What base and fault say to one situation of a leaf."""

    def __init__(self, leaf: str, sound: Pipeline, faulty: Pipeline) -> None:
        self._leaf = leaf
        self._sound = sound
        self._faulty = faulty

    def _ask(self, pipeline: Pipeline, case: Mapping[str, Any]) -> Planned:
        from fixloop.evals.case import Case as EvalCase
        from fixloop.evals.suites.plan import ticket_for

        ticket = ticket_for(EvalCase("plan", "some", case))
        return pipeline.plan(
            self._leaf, case.get("fields", {}), case["records"], ticket, fetched=case.get("fetched")
        )

    def differs(self, situation: Situation) -> bool:
        """Whether the base answers soundly, and the fault otherwise."""
        case = situation.to_case()
        sound = self._ask(self._sound, case)
        answers = bool(sound.trail) and sound.reply.template == sound.trail[-1].reply
        return answers and seen_plan(sound) != seen_plan(self._ask(self._faulty, case))

    def cut_down(self, situation: Situation, kept: Iterable[str]) -> Situation:
        """The situation without what neither the base's answer nor the difference needs, but some columns."""
        wanted = seen_names(self._ask(self._sound, situation.to_case()))

        def still(one: Situation) -> bool:
            return self.differs(one) and seen_names(self._ask(self._sound, one.to_case())) == wanted

        keep = frozenset(kept)
        for smaller in (
            replace(situation, ticket={}),
            replace(situation, ticket=situation.ticket, fetched={}),
        ):
            situation = smaller if still(smaller) else situation
        if situation.fetched and still(replace(situation, fetched={})):
            situation = replace(situation, fetched={})
        least = _fewest(
            situation.fields,
            lambda some, now=situation: still(replace(now, fields=some)),  # type: ignore[misc]
        )
        situation = replace(situation, fields=least)
        for number, row in enumerate(situation.records):
            for column in [one for one in row if one not in keep or isinstance(row[one], list | dict)]:
                rows = list(situation.records)
                rows[number] = {key: value for key, value in rows[number].items() if key != column}
                smaller = replace(situation, records=tuple(rows))
                situation = smaller if still(smaller) else situation
        return situation

    def expectations(self, situation: Situation) -> Iterator[Case]:
        """What a case may say of the base's answer, the plainest first."""
        sound = self._ask(self._sound, situation.to_case())
        reply = sound.reply.template
        names = [call.name for call in sound.tools]
        calls = [{"name": call.name, "args": dict(call.args)} for call in sound.tools]
        yield {"reply": reply, "tools": names}
        yield {"reply": reply, "tools": calls}
        yield {"reply": reply, "tools": calls, "needs_review": sound.needs_review}
        yield {"reply": {"template": reply, "text": sound.reply.text}, "tools": calls}


def seen_names(planned: Planned) -> tuple[Any, ...]:
    """An answer by its names: the words of a reply may go when a column does."""
    return (planned.reply.template, tuple(call.name for call in planned.tools), planned.needs_review)


def _fewest(fields: FieldValues, still: Callable[[FieldValues], bool]) -> FieldValues:
    """The fields without those that the difference does not need."""
    for group in list(fields):
        for name in list(fields[group]):
            kept = {key: value for key, value in fields[group].items() if key != name}
            smaller = {**fields, group: kept} if kept else {k: v for k, v in fields.items() if k != group}
            if still(smaller):
                fields = smaller
                if group not in fields:
                    break
    return fields


def _plain(fields: FieldValues) -> Case:
    return {group: {name: list(values) for name, values in some.items()} for group, some in fields.items()}


def _way_down(ask: TicketAsk) -> Case:
    """A case of the way to a leaf: a leaf with several parents may be reached by the wrong one."""
    rows, found = _rows_of(ask), ask.proposal
    return {
        "suite": "pipeline",
        "ticket": {"id": ask.ticket.id, "text": ask.text},
        **({"rows": rows_json(rows)} if rows is not None else {}),
        "expect": {"leaf": found.leaf, "path": list(found.path)},
    }


def _pieces(text: str) -> list[str]:
    """The sentences and clauses of a text, shortest first: a case need not repeat a whole letter."""
    pieces = [piece.strip() for piece in _PIECES.split(text)]
    return sorted({piece for piece in pieces if piece and piece != text}, key=lambda one: (len(one), one))


def _is_settled(ask: Ask) -> bool:
    """Whether the base's answer is known to be wanted: a case says so, or staff accepted it."""
    return not isinstance(ask, TicketAsk) or ask.feedback is None or ask.is_accepted


def _rows_of(ask: Ask) -> Rows | None:
    if isinstance(ask, TicketAsk) and ask.feedback is not None:
        return ask.feedback.fixture.rows
    case = ask.case
    return None if case is None else case.spec.get("rows")


def _origin(ask: Ask) -> str:
    return f"ticket {ask.name}" if isinstance(ask, TicketAsk) and ask.feedback else f"case {ask.name}"


def _id_of(mutant: Mutant, case: Case) -> str:
    """A name that says where the case looks; the same case has the same one, whichever fault asked for it."""
    expect = case["expect"]
    leaf = {"plan": case.get("leaf"), "intent": expect}.get(case["suite"])
    if case["suite"] == "pipeline":
        leaf = expect["leaf"]
    where = leaf or mutant.target.rpartition("#")[2].replace(".", "-")
    return f"guard-{where}-{content_id('c', case)[2:10]}"
