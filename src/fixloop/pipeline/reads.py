"""What each step reads, as digests: the same digest and the same question give the same answer.

Exact, so that nothing stale is ever used, and narrow, so that little is asked again: a plan tree's digest
knows its templates and tools and no other tree; extraction and fetch know the records only where a case has
no rows of its own. None stands for what cannot be known: an engine whose answers vary, a source outside the
repository.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from fixloop.pipeline.engines import ExtractionEngine
from fixloop.pipeline.identity import once_for_these
from fixloop.workspace.code import code_digest
from fixloop.workspace.model import Branch, PlanTree, Row, Workspace

_SCORES = re.compile(r"fetched(?!\.count\b)")
"""What a plan says when it may read the fetch scores; `fetched.count` is no score."""


class _TreeDigests(NamedTuple):
    """A plan tree's digests: where the fetch scores come of looking up, and where a case gives them."""

    fetched: str
    given: str


class StepDigests:
    """The digests of one workspace's steps, each made when first asked for.

    They name the code that answers too, so that no answer outlives a change of it.
    """

    def __init__(
        self, workspace: Workspace, intent: Callable[[], Any], extraction_engine: ExtractionEngine | None
    ) -> None:
        self._workspace = workspace
        self._intent = intent
        self._engine = extraction_engine
        self._trees: dict[str, _TreeDigests] = {}

    @cached_property
    def intent(self) -> str | None:
        """Step one: examples, DAG and thresholds, or an engine's name and version."""
        facts = self._intent()
        return None if facts is None else digest("intent", facts)

    def extraction(self, live: bool) -> str | None:
        """Step two; `live` where its vocabularies come from the workspace's own records."""
        return self._extraction_live if live else self._extraction_given

    def fetch(self, live: bool) -> str | None:
        """Step three; `live` where it looks in the workspace's own records."""
        return self._fetch_live if live else digest("fetch", self._fetch_rules)

    def tree(self, leaf: str, threshold: bool = True) -> str:
        """Step four for a leaf: its tree, the templates and tools it names, the fallback.

        With `threshold` also the fetch threshold, where the plan reads scores that were not looked up.
        """
        known = self._trees.get(leaf)
        if known is None:
            known = self._trees[leaf] = self._tree_digests(leaf)
        return known.given if threshold else known.fetched

    def way(self, leaf: str, path: tuple[str, ...], live: bool) -> str | None:
        """All that a whole ticket reads once step one has sent it to a leaf."""
        before = self.extraction(live), self.fetch(live)
        if None in before:
            return None
        return digest("way", [leaf, path, *before, self.tree(leaf, threshold=False)])

    # --- extraction -------------------------------------------------------------------------------------

    @cached_property
    def _extraction_given(self) -> str | None:
        facts = self._extraction_facts
        return None if facts is None else digest("extraction", facts)

    @cached_property
    def _extraction_live(self) -> str | None:
        if self._engine is not None or self._extraction_given is None:
            return self._extraction_given
        return digest("extraction", [self._extraction_given, self._words]) if self._in_files else None

    @property
    def _extraction_facts(self) -> Any:
        workspace = self._workspace
        if self._engine is None:
            return [_said(workspace.extraction), _said(workspace.fetch.sources)]
        if not self._engine.deterministic:
            return None
        # The factory is given the whole configuration, and may read any of it.
        return [str(self._engine.version), repr(workspace.config)]

    @property
    def _words(self) -> list[Any]:
        """The columns of records that vocabularies are made from."""
        workspace = self._workspace
        columns = [rule.values_from.split(".") for rule in workspace.extraction if rule.values_from]
        rows = {source: workspace.records.get(source, ()) for source, *_ in columns}
        return [[source, column, _words(rows[source], sys.intern(column))] for source, column, *_ in columns]

    # --- fetch ------------------------------------------------------------------------------------------

    @cached_property
    def _fetch_live(self) -> str | None:
        if not self._in_files:
            return None
        records = {source: _rows(rows) for source, rows in self._workspace.records.items()}
        return digest("fetch", [self._fetch_rules, records])

    @cached_property
    def _fetch_rules(self) -> str:
        return _said(self._workspace.fetch)

    @property
    def _in_files(self) -> bool:
        return all(source.kind == "jsonl" for source in self._workspace.fetch.sources.values())

    # --- plan -------------------------------------------------------------------------------------------

    def _tree_digests(self, leaf: str) -> "_TreeDigests":
        workspace = self._workspace
        tree = workspace.plan_trees.get(leaf)
        plan = _said(tree.branches if tree else None)
        templates = [
            _said(template.texts if (template := workspace.templates.get(name)) else None)
            for name in sorted({*_replies(tree), workspace.config.fallback_reply or ""})
        ]
        effects = [
            repr(tool.side_effects if (tool := workspace.tools.get(name)) else None)
            for name in sorted(_tools(tree))
        ]
        facts = [
            leaf,
            plan,
            templates,
            effects,
            [workspace.config.language, workspace.config.fallback_reply],
            list(dict.fromkeys(rule.group for rule in workspace.extraction)),
        ]
        fetched = digest("plan", [*facts, None])
        if not any(_SCORES.search(text) for text in (plan, *templates)):
            return _TreeDigests(fetched, fetched)
        return _TreeDigests(fetched, digest("plan", [*facts, workspace.fetch.threshold]))


@once_for_these(4_096)
def _said(value: object) -> str:
    """All that a typed part of a workspace says."""
    return repr(value)


@once_for_these(16)
def _rows(rows: Sequence[Row]) -> str:
    return _hashed(rows)


@once_for_these(64)
def _words(rows: Sequence[Row], column: str) -> str:
    return _hashed([row.get(column) for row in rows])


def _hashed(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True).encode()).hexdigest()


def digest(what: str, facts: Any) -> str:
    """The digest of JSON values, under the code that answers by them."""
    text = json.dumps([what, _code(), facts], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _code() -> str:
    return code_digest("evals", "pipeline", "workspace", "ports")


def _replies(tree: PlanTree | None) -> Iterator[str]:
    return (branch.reply for branch in _branches(tree.branches if tree else ()) if branch.reply)


def _tools(tree: PlanTree | None) -> set[str]:
    return {call.name for branch in _branches(tree.branches if tree else ()) for call in branch.tools}


def _branches(branches: tuple[Branch, ...]) -> Iterator[Branch]:
    for branch in branches:
        yield branch
        yield from _branches(branch.branches)
