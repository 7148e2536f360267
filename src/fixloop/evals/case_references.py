"""What cases name must exist in the workspace: leaves, fields, records, branches, templates, tools."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fixloop.evals.case import Case, CaseSet
from fixloop.evals.case_schema import Fault
from fixloop.pipeline.identity import once_for_these
from fixloop.pipeline.rows import id_text
from fixloop.ports.cache import Cache
from fixloop.workspace.code import code_digest
from fixloop.workspace.model import Branch, Row, Workspace
from fixloop.workspace.text import did_you_mean, named

_SOUND, _YES = "sound-references", b"yes"

KeyPath = tuple[str | int, ...]


def reference_faults(known: "Known", case: Case) -> Iterator[Fault]:
    """Everything a case names that the workspace does not have."""
    spec, expect = case.spec, case.expect
    yield from _rows(known, spec.get("rows", {}))
    if "fields" in spec:
        yield from _fields(known, spec["fields"], ("fields",))
    if case.suite == "intent":
        yield from _missing("leaf", expect, known.leaves, ("expect",))
    elif case.suite == "extraction":
        yield from _fields(known, expect, ("expect",))
    elif case.suite == "plan":
        yield from _missing("leaf", spec["leaf"], known.leaves, ("leaf",))
        yield from _columns(known, spec.get("records", ()))
        yield from _planned(known, expect, spec["leaf"])
    else:
        yield from _proposed(known, case)


def unknown_names(workspace: Workspace, cases: CaseSet, cache: Cache) -> tuple[str, ...]:
    """Where cases name what the workspace does not have; that they do nowhere is kept by both contents."""
    known = Known(workspace)
    key = f"{code_digest('evals', 'workspace')}-{known.digest}-{all_asked(cases)}"
    if cache.load(_SOUND, key) == _YES:
        return ()
    found = tuple(
        f"{case.place}: {fault.message}" for case in cases for fault in reference_faults(known, case)
    )
    if not found:
        cache.save(_SOUND, key, _YES)
    return found


@once_for_these(1)
def all_asked(cases: CaseSet) -> str:
    """One digest for what all the cases ask, and their ids; two sides of a merge have the same ones."""
    told = "".join([f"{case.digest} {case.id}\n" for case in cases])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Known:
    """The names a workspace has, each set built when first asked for."""

    workspace: Workspace

    @cached_property
    def leaves(self) -> frozenset[str]:
        """Every leaf, the implicit ones too."""
        return frozenset(self.workspace.intents.all_leaves)

    @cached_property
    def intents(self) -> frozenset[str]:
        """Whatever may stand on a path."""
        return self.leaves | self.workspace.intents.intents.keys()

    @cached_property
    def fields(self) -> frozenset[str]:
        """Fields as `<group>.<field>`."""
        return frozenset(rule.path for rule in self.workspace.extraction)

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns a record may have."""
        sources = self.workspace.fetch.sources.values()
        return frozenset(column for source in sources for column in (*source.fields, source.id))

    @cached_property
    def records(self) -> frozenset[str] | None:
        """Every record's id; None when a source lies outside the repository."""
        if any(source.kind != "jsonl" for source in self.workspace.fetch.sources.values()):
            return None
        return self.ids_in(self.workspace.records)

    def ids_in(self, rows: Mapping[str, Sequence[Row]]) -> frozenset[str]:
        """The ids of some rows by source."""
        sources = self.workspace.fetch.sources
        ids = (
            id_text(row.get(sources[name].id))
            for name, found in rows.items()
            if name in sources
            for row in found
        )
        return frozenset(one for one in ids if one)

    @property
    def digest(self) -> str:
        """One id for all names, and for what else a reference is held against."""
        workspace = self.workspace
        branches = {leaf: sorted(self.branches(leaf)) for leaf in sorted(workspace.plan_trees)}
        tools = {name: repr(tool.args.get("properties")) for name, tool in sorted(workspace.tools.items())}
        ids = {name: source.id for name, source in sorted(workspace.fetch.sources.items())}
        sets = (
            self.leaves,
            self.intents,
            self.fields,
            self.columns,
            self.records or ("?",),
            workspace.templates,
        )
        named = repr([*map(sorted, sets), branches, tools, ids, self.records is None])
        return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()

    def branches(self, leaf: str) -> frozenset[str]:
        """The ids of all branches of a leaf, nested ones too."""
        tree = self.workspace.plan_trees.get(leaf)
        return frozenset(_branch_ids(tree.branches)) if tree else frozenset()


def _branch_ids(branches: Sequence[Branch]) -> Iterator[str]:
    for branch in branches:
        yield branch.id
        yield from _branch_ids(branch.branches)


def _missing(what: str, name: str, known: frozenset[str], at: KeyPath) -> Iterator[Fault]:
    if name not in known:
        yield Fault(at, f"there is no {what} {named(name)}", did_you_mean(name, known))


def _fields(known: Known, fields: Mapping[str, Mapping[str, Any]], at: KeyPath) -> Iterator[Fault]:
    for group, below in fields.items():
        for name in below:
            yield from _missing("field", f"{group}.{name}", known.fields, (*at, group, name))


def _rows(known: Known, rows: Mapping[str, Sequence[Row]]) -> Iterator[Fault]:
    sources = known.workspace.fetch.sources
    for name, found in rows.items():
        yield from _missing("source", name, frozenset(sources), ("rows", name))
        for index, row in enumerate(found if name in sources else ()):
            if id_text(row.get(sources[name].id)) is None:
                mend = f"add the source's id column {named(sources[name].id)}"
                yield Fault(("rows", name, index), "this row has no id, so no record can come of it", mend)


def _columns(known: Known, records: Sequence[Row]) -> Iterator[Fault]:
    """Only a warning: a column that goes away makes a case stale, and the case still has its answer."""
    for index, row in enumerate(records):
        for column in row.keys() - known.columns:
            message = f"no source has the column {named(column)}"
            yield Fault(("records", index, column), message, did_you_mean(column, known.columns), "warning")


def _proposed(known: Known, case: Case) -> Iterator[Fault]:
    expect, rows = case.expect, case.spec.get("rows")
    if "leaf" in expect:
        yield from _missing("leaf", expect["leaf"], known.leaves, ("expect", "leaf"))
    for index, intent in enumerate(expect.get("path", ())):
        yield from _missing("intent", intent, known.intents, ("expect", "path", index))
    yield from _fields(known, expect.get("fields", {}), ("expect", "fields"))
    records = known.records if rows is None else known.ids_in(rows)
    for index, record in enumerate(expect.get("records", ()) if records is not None else ()):
        yield from _missing("record", record, records or frozenset(), ("expect", "records", index))
    yield from _planned(known, expect, expect.get("leaf"))


def _planned(known: Known, expect: Mapping[str, Any], leaf: str | None) -> Iterator[Fault]:
    if "branch" in expect and leaf in known.leaves:
        what = f"branch of {leaf}"
        yield from _missing(what, expect["branch"], known.branches(leaf or ""), ("expect", "branch"))
    reply = expect.get("reply")
    template = reply.get("template") if isinstance(reply, dict) else reply
    if template is not None:
        yield from _missing("template", template, frozenset(known.workspace.templates), ("expect", "reply"))
    for index, tool in enumerate(expect.get("tools", ())):
        yield from _tool(known, tool, ("expect", "tools", index))


def _tool(known: Known, tool: Any, at: KeyPath) -> Iterator[Fault]:
    name, args = (tool, {}) if isinstance(tool, str) else (tool["name"], tool.get("args", {}))
    yield from _missing("tool", name, frozenset(known.workspace.tools), at)
    declared = known.workspace.tools.get(name)
    properties = declared.args.get("properties") if declared else None
    if isinstance(properties, Mapping):
        for arg in args:
            yield from _missing(f"argument of {name}", arg, frozenset(properties), (*at, "args", arg))
