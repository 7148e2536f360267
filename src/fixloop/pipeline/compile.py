"""The four steps of a workspace, compiled once: live proposals, replay on fixtures, and each step alone."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from fixloop.errors import BadInput
from fixloop.pipeline.classification import Classifier
from fixloop.pipeline.engines import (
    Answer,
    EngineFailure,
    ExtractionEngine,
    GivenAnswer,
    answer_for,
    ask,
    is_custom,
    load_engine,
    read_fields,
)
from fixloop.pipeline.extraction import Extracted, Extractor, Rules, fields_from
from fixloop.pipeline.fetch import (
    Fetched,
    FetchedRecord,
    Fields,
    GatheringLookup,
    MemorySource,
    Record,
    RecordIndex,
    RecordLookup,
    Rows,
)
from fixloop.pipeline.fixture import NOT_FORCED, Fixture, Forced
from fixloop.pipeline.identity import once_for_these
from fixloop.pipeline.plan import Planned, Planner
from fixloop.pipeline.proposal import Proposal, Trace
from fixloop.pipeline.reads import StepDigests
from fixloop.pipeline.rows import declared, id_text, values_at
from fixloop.pipeline.scope import Scope
from fixloop.pipeline.ticket import Ticket
from fixloop.ports.cache import Cache
from fixloop.ports.records import RecordSource
from fixloop.workspace.model import OTHER, FetchRules, FieldRule, Row, Workspace
from fixloop.workspace.text import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Fixture", "Forced", "Pipeline", "compile_pipeline"]

_IN_FILES = "jsonl"
_RULES = "rules"
_FAILED = GivenAnswer(OTHER, OTHER, (OTHER,))
_NO_TICKET = Ticket("")
T = TypeVar("T")
_NOTHING_EXTRACTED = Extracted({}, {})


def compile_pipeline(
    workspace: Workspace,
    cache: Cache,
    *,
    workspace_id: str = "",
    sources: Mapping[str, RecordSource] | None = None,
) -> "Pipeline":
    """The pipeline of a workspace; cheap, since intent model and record index are made when first used.

    `workspace_id` (a commit) is what proposals name; `sources` answers for sources that are not JSONL files.

    Raises:
        BadInput: an engine or a pattern cannot be used.
    """
    return Pipeline(workspace, cache, workspace_id, sources or {})


class _World(NamedTuple):
    """Where values and records come from: the live sources, or the rows of one fixture."""

    extractor: Extractor
    lookup: RecordLookup


class Pipeline:
    """Four compiled steps. The same tickets give the same proposals, alone or in a batch."""

    def __init__(
        self, workspace: Workspace, cache: Cache, workspace_id: str, sources: Mapping[str, RecordSource]
    ) -> None:
        self.workspace = workspace
        self.workspace_id = workspace_id
        self._sources = sources
        self._classifier = Classifier(workspace, cache)
        self._rules = Rules(workspace.extraction)
        self._planner = Planner(workspace)
        self._groups: Mapping[str, Mapping[str, tuple[str, ...]]] = {
            rule.group: {} for rule in workspace.extraction
        }
        self._extraction_engine = _extraction_engine(workspace)
        self._known: dict[str, GivenAnswer] = {}

    # --- whole tickets ----------------------------------------------------------------------------------

    def propose(self, tickets: Sequence[Ticket]) -> list[Proposal]:
        """A proposal for each ticket from the live sources, in order."""
        texts = [ticket.customer_text for ticket in tickets]
        answers = self._classifier.classify(texts)
        found = self._extract_each(texts)
        lookup = self._live.lookup
        return [
            self._propose(ticket, answer, extracted, None, lookup, NOT_FORCED)
            for ticket, answer, extracted in zip(tickets, answers, found, strict=True)
        ]

    def replay(self, fixture: Fixture, forced: Forced = NOT_FORCED) -> Proposal:
        """The proposal on a fixture's rows, with a step forced or none."""
        return self.replay_many([(fixture, forced)])[0]

    def replay_many(self, replays: Sequence[tuple[Fixture, Forced]]) -> list[Proposal]:
        """As replay for each pair; texts are classified once, and a fixture repeated in a row is read once.

        Raises:
            BadInput: a forced record is not among the fixture's records.
        """
        answers = self._classify_unforced(replays)
        proposals: list[Proposal] = []
        ground: _Ground | None = None
        for fixture, forced in replays:
            if ground is None or ground.fixture is not fixture:
                ground = _Ground(self, fixture)
            answer = answers[ground.text] if forced.leaf is None else self._given(forced.leaf)
            proposals.append(self._replay(ground, answer, forced))
        return proposals

    def _given(self, leaf: str) -> GivenAnswer:
        """The answer that a forced leaf is."""
        if leaf not in self._known:
            self._known[leaf] = answer_for(leaf, self.workspace.intents)
        return self._known[leaf]

    # --- single steps -----------------------------------------------------------------------------------

    def classify(self, texts: Sequence[str]) -> list[Answer]:
        """Step one for each text.

        Raises:
            EngineFailure: an engine of one's own failed on a text, the first such.
        """
        return [_sound(answer) for answer in self._classifier.classify(texts)]

    def classify_each(self, texts: Sequence[str]) -> list[Answer | EngineFailure]:
        """As classify, with failures in the place of their answers."""
        return self._classifier.classify(texts)

    def leaf_scores(self, texts: Sequence[str]) -> "tuple[NDArray[np.float64], tuple[str, ...]]":
        """How much step one believes in each leaf: scores [texts, leaves] in 0…1, and the leaves."""
        return self._classifier.leaf_scores(texts)

    def extract(self, text: str, rows: Rows | None = None) -> Fields:
        """Step two; vocabularies are built from `rows` where given.

        Raises:
            EngineFailure: an engine of one's own failed.
        """
        world = self._live if rows is None else self._world(rows)
        return _sound(self._extract(text, world, None)).fields

    def fetch(self, fields: Mapping[str, Mapping[str, Sequence[str]]], rows: Rows | None = None) -> Fetched:
        """Step three on given values, over `rows` where given."""
        lookup = self._live.lookup if rows is None else RecordIndex(self.workspace.fetch, rows)
        return lookup.fetch(fields_from(fields))

    def plan(
        self,
        leaf: str,
        fields: Mapping[str, Mapping[str, Sequence[str]]],
        records: Sequence[Row],
        ticket: Ticket | None = None,
        *,
        fetched: Mapping[str, float] | None = None,
        forced: Forced = NOT_FORCED,
    ) -> Planned:
        """Step four on given values and records; without `fetched` they scored just the threshold."""
        return self._planner.plan(leaf, self.scope_of(fields, records, ticket, fetched), forced)

    def scope_of(
        self,
        fields: Mapping[str, Mapping[str, Sequence[str]]],
        records: Sequence[Row],
        ticket: Ticket | None = None,
        fetched: Mapping[str, float] | None = None,
    ) -> Scope:
        """What step four is asked about, as `plan` asks it."""
        selected = tuple(_selected(row) for row in records)
        score = {"top_score": self.workspace.fetch.threshold if records else 0.0, **(fetched or {})}
        margin = score.get("margin", score["top_score"] if len(records) == 1 else 0.0)
        found = Fetched(selected, selected, score["top_score"], margin)
        return self._scope(ticket or _NO_TICKET, fields_from(fields), found)

    @property
    def deterministic(self) -> bool:
        """Whether one run of a case says all."""
        return self._classifier.deterministic and (
            self._extraction_engine is None or bool(self._extraction_engine.deterministic)
        )

    @property
    def forkable(self) -> bool:
        """Whether a fork of this process answers alike: an engine of one's own may hold what none shares."""
        engines = self.workspace.config.engines
        return not is_custom(engines.intent) and not is_custom(engines.extraction)

    @property
    def intent_version(self) -> str:
        """The intent engine and its version."""
        return self._classifier.version

    def tell(self, answers: Mapping[str, Answer]) -> None:
        """Step one's answers of an earlier run under the same `reads.intent`, by text."""
        self._classifier.tell(answers)

    @cached_property
    def reads(self) -> StepDigests:
        """What each step reads, as digests: what its answers may be kept under."""
        return StepDigests(self.workspace, self._classifier.reads, self._extraction_engine)

    # --- the steps joined -------------------------------------------------------------------------------

    def _propose(
        self,
        ticket: Ticket,
        answer: Answer | EngineFailure,
        extracted: Extracted | EngineFailure,
        fetched: Fetched | None,
        lookup: RecordLookup,
        forced: Forced,
    ) -> Proposal:
        failure = next((one.message for one in (answer, extracted) if isinstance(one, EngineFailure)), None)
        if isinstance(answer, EngineFailure):
            answer = _FAILED
        if isinstance(extracted, EngineFailure):
            extracted = _NOTHING_EXTRACTED
        if fetched is None:
            fetched = lookup.fetch(extracted.fields)
        scope = self._scope(ticket, extracted.fields, fetched)
        if failure is None:
            planned = self._planner.plan(answer.leaf, scope, forced)
        else:
            planned = self._planner.hand_over(scope, failure)
        return Proposal(
            ticket_id=ticket.id,
            workspace=self.workspace_id,
            leaf=answer.leaf,
            raw_leaf=answer.raw_leaf,
            path=tuple(answer.path),
            scores=answer.scores,
            fields=extracted.fields,
            rows=fetched.rows,
            records=fetched.records,
            candidates=fetched.candidates,
            branch=planned.branch,
            reply=planned.reply,
            tools=planned.tools,
            needs_review=planned.needs_review,
            failure=failure,
            trace=Trace(
                hits=extracted.hits,
                forced=_names_of(forced),
                top_score=fetched.top_score,
                margin=fetched.margin,
                threshold=self.workspace.fetch.threshold,
                trail=planned.trail,
                notes=planned.notes,
            ),
        )

    def _scope(self, ticket: Ticket, fields: Fields, fetched: Fetched) -> Scope:
        return Scope(ticket, fields, fetched, self._groups)

    def _replay(self, ground: "_Ground", answer: Answer | EngineFailure, forced: Forced) -> Proposal:
        if forced.fields is not None:
            fields = fields_from(forced.fields)
            extracted: Extracted | EngineFailure = Extracted(fields, {})
            fetched = ground.world.lookup.fetch(fields)
        else:
            extracted, fetched = ground.extracted, ground.fetched
        if forced.records is not None:
            fetched = _with_records(fetched, forced.records)
        return self._propose(ground.fixture.ticket, answer, extracted, fetched, ground.world.lookup, forced)

    def _classify_unforced(
        self, replays: Sequence[tuple[Fixture, Forced]]
    ) -> dict[str, Answer | EngineFailure]:
        wanted = (fixture.ticket.customer_text for fixture, forced in replays if forced.leaf is None)
        texts = list(dict.fromkeys(wanted))
        return dict(zip(texts, self._classifier.classify(texts), strict=True))

    # --- extraction in one world or another -------------------------------------------------------------

    def _extract_each(self, texts: Sequence[str]) -> list[Extracted | EngineFailure]:
        if self._extraction_engine is None:
            extract = self._live.extractor.extract
            return [extract(text) for text in texts]
        name = self.workspace.config.engines.extraction
        raw = ask(name, self._extraction_engine.extract, texts)
        return [_as_extracted(name, read_fields(name, index, one)) for index, one in enumerate(raw)]

    def _extract(self, text: str, world: _World, known: Fields | None) -> Extracted | EngineFailure:
        if self._extraction_engine is None:
            return world.extractor.extract(text, known)
        if known is not None and not self._extraction_engine.deterministic:
            # Asking a model again would answer another question than the one staff saw.
            return Extracted(fields_from(known), {})
        return self._extract_each([text])[0]

    @cached_property
    def _live(self) -> _World:
        rules, records = self.workspace.fetch, self.workspace.records
        if all(source.kind == _IN_FILES for source in rules.sources.values()):
            return _file_world(self.workspace.extraction, rules, *_flat(records))
        sources = {name: self._source(name) for name in rules.sources}
        extractor = self._rules.with_values(lambda path: _values_of(sources, path))
        return _World(extractor, GatheringLookup(rules, sources))

    def _source(self, name: str) -> RecordSource:
        declaration = self.workspace.fetch.sources[name]
        if declaration.kind == _IN_FILES:
            return MemorySource(self.workspace.records.get(name, ()), declaration.id)
        if name not in self._sources:
            raise BadInput(
                f"nothing answers for source {shown(name)} of kind {shown(declaration.kind)}",
                mend="give `rows` or a fixture, or run where the source can be reached",
            )
        return self._sources[name]

    def _world(self, rows: Rows) -> _World:
        return _world_of(self._rules, self.workspace.fetch, rows)


class _Ground:
    """One fixture's values and records, worked out once however many steps are forced on it."""

    def __init__(self, pipeline: Pipeline, fixture: Fixture) -> None:
        self._pipeline = pipeline
        self.fixture = fixture
        self.text = fixture.ticket.customer_text

    @cached_property
    def world(self) -> _World:
        rows = self.fixture.rows
        return self._pipeline._live if rows is None else self._pipeline._world(rows)

    @cached_property
    def extracted(self) -> Extracted | EngineFailure:
        known = None if self.fixture.rows is None else self.fixture.fields
        return self._pipeline._extract(self.text, self.world, known)

    @cached_property
    def fetched(self) -> Fetched:
        found = self.extracted
        return self.world.lookup.fetch({} if isinstance(found, EngineFailure) else found.fields)


def _world_of(rules: Rules, fetch: FetchRules, rows: Rows) -> _World:
    known = {
        name: [declared(row, source) for row in rows.get(name, ())] for name, source in fetch.sources.items()
    }
    return _World(rules.with_values(lambda path: texts_at(known, path)), RecordIndex(fetch, known))


@once_for_these(4)
def _file_world(rules: Sequence[FieldRule], fetch: FetchRules, *named_rows: Any) -> _World:
    """The world of a workspace's own files; every overlay that leaves them alone shares it."""
    return _world_of(Rules(rules), fetch, dict(zip(named_rows[::2], named_rows[1::2], strict=True)))


def _flat(records: Mapping[str, Sequence[Row]]) -> tuple[Any, ...]:
    """Names and rows in turn; the same name is the same object."""
    return tuple(part for name, rows in records.items() for part in (sys.intern(name), rows))


def _extraction_engine(workspace: Workspace) -> ExtractionEngine | None:
    name = workspace.config.engines.extraction
    if is_custom(name):
        engine: ExtractionEngine = load_engine(name, workspace.config, "extract")
        return engine
    if name != _RULES:
        raise BadInput(
            f"there is no extraction engine {shown(name)}",
            mend=f"use `{_RULES}` or `python:package.module:factory` in fixloop.yaml",
        )
    return None


def _sound(answer: T | EngineFailure) -> T:
    if isinstance(answer, EngineFailure):
        raise answer
    return answer


def _as_extracted(name: str, found: Fields | EngineFailure) -> Extracted | EngineFailure:
    return found if isinstance(found, EngineFailure) else Extracted(found, {})


def _values_of(sources: Mapping[str, RecordSource], path: str) -> Iterable[str]:
    name, _, column = path.partition(".")
    return sources[name].values_at(column) if name in sources else ()


def texts_at(rows: Rows, path: str) -> Iterable[str]:
    """The words of a vocabulary: all texts and numbers at `<source>.<path>`, in the order of the rows."""
    name, _, column = path.partition(".")
    segments = column.split(".")
    for row in rows.get(name, ()):
        for value in values_at(row, segments):
            if not isinstance(value, bool):
                yield str(value)


def _selected(row: Row) -> FetchedRecord:
    """A row that a plan case gives as a selected record; its first column that can be an id names it."""
    name = next((text for value in row.values() if (text := id_text(value)) is not None), "")
    return FetchedRecord(name, 0.0, (), Record(name, {"": [row]}))


def _with_records(fetched: Fetched, ids: Sequence[str]) -> Fetched:
    by_id = {candidate.id: candidate for candidate in fetched.candidates}
    unknown = [record for record in ids if record not in by_id]
    if unknown:
        raise BadInput(f"record {shown(unknown[0])} is no candidate here", mend="force one of the candidates")
    return Fetched(
        tuple([by_id[record] for record in ids]), fetched.candidates, fetched.top_score, fetched.margin
    )


def _names_of(forced: Forced) -> tuple[str, ...]:
    if forced is NOT_FORCED:
        return ()
    parts = (
        forced.leaf,
        forced.fields,
        forced.records,
        forced.branch,
        forced.reply,
        forced.tools,
        forced.template_text,
    )
    return tuple([name for name, part in zip(_FORCED, parts, strict=True) if part is not None])


_FORCED = ("leaf", "fields", "records", "branch", "reply", "tools", "template text")
