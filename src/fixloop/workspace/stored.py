"""A checked workspace kept as JSON under the digest of its files, so that the next run need not read YAML.

Reading and checking a workspace loads YAML and pydantic, which take longer than many a command. What was
sound once is sound again with the same bytes and the same code, so both are in the key.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from fixloop.ports.cache import Cache
from fixloop.workspace.code import code_digest
from fixloop.workspace.model import (
    All,
    AnyOf,
    Branch,
    Condition,
    Config,
    Engines,
    Example,
    FetchRules,
    FieldRule,
    Floors,
    GateConfig,
    Intent,
    IntentDag,
    Not,
    PlanTree,
    Policy,
    Signal,
    Source,
    Template,
    Test,
    Tool,
    ToolCall,
    Workspace,
)
from fixloop.workspace.snapshot import GOVERNED, Snapshot, digest_of

T = TypeVar("T")

_KIND = "workspace"
_READ = tuple(name for name in GOVERNED if name != "evals/")
_APART = ("plan_trees/", "workspace/examples/")


def load_stored(snapshot: Snapshot, store: Cache, near: Snapshot | None = None) -> Workspace:
    """The workspace of a snapshot, from the cache where the same files were read before.

    Where only plan trees and examples differ from a snapshot `near` it that is known, only those are read.

    Raises:
        WorkspaceInvalid: with every error there is.
    """
    key = _key(snapshot)
    workspace = _kept(key, store)
    if workspace is None:
        known = _kept(_key(near), store) if near is not None else None
        workspace = load_beside(snapshot, near, known) if near and known else _load(snapshot)
        data = render_workspace(workspace)
        store.save(_KIND, key, data)
        _remember(data, workspace)
    return workspace


def _key(snapshot: Snapshot) -> str:
    return f"{_code()}-{digest_of(snapshot, _READ)}"


def _kept(key: str, store: Cache) -> Workspace | None:
    """The workspace as the cache has it; a damaged entry counts as absent."""
    saved = store.load(_KIND, key)
    if saved is None:
        return None
    try:
        workspace = _LATELY.get(saved) or parse_workspace(saved)
    except ValueError:
        return None
    _remember(saved, workspace)
    return workspace


_LATELY: OrderedDict[bytes, Workspace] = OrderedDict()
"""What was kept or read last, by what is kept of it: a gate asks for its base and its result more than once.

A result that was loaded beside its base shares nearly all with it, which is compared and digested once.
"""
_MOST_LATELY = 4


def _remember(data: bytes, workspace: Workspace) -> None:
    _LATELY[data] = workspace
    _LATELY.move_to_end(data)
    if len(_LATELY) > _MOST_LATELY:
        _LATELY.popitem(last=False)


def load_beside(snapshot: Snapshot, near: Snapshot, known: Workspace) -> Workspace:
    """The workspace of a snapshot, of which one near it is `known`: what both share is not read again.

    Raises:
        WorkspaceInvalid: with every error there is.
    """
    changed = _changed_parts(snapshot, near)
    if changed is None:
        return _load(snapshot)
    from fixloop.workspace.near import load_near

    return load_near(snapshot, changed, known) or _load(snapshot)


def _load(snapshot: Snapshot) -> Workspace:
    from fixloop.workspace.load import load_workspace

    return load_workspace(snapshot)


def _changed_parts(snapshot: Snapshot, near: Snapshot) -> list[str] | None:
    """The plan trees and examples that differ; None where anything else does."""
    paths = [path for path in snapshot.paths() if path.startswith(_READ)]
    before = {path for path in near.paths() if path.startswith(_READ)}
    changed = [path for path in paths if snapshot.blob(path) != near.blob(path)]
    if set(paths) != before or not all(path.startswith(_APART) for path in changed):
        return None
    return changed


def render_workspace(workspace: Workspace) -> bytes:
    """A workspace as JSON that `parse_workspace` reads back to an equal value."""
    plain = _plain(replace(workspace, examples={}, records={}))
    plain["examples"] = {leaf: _columns(found) for leaf, found in workspace.examples.items()}
    plain["records"] = workspace.records  # they came from JSON
    # Lone surrogates survive as escapes.
    return json.dumps(plain, ensure_ascii=True, separators=(",", ":")).encode()


def parse_workspace(data: bytes) -> Workspace:
    """Back from `render_workspace`.

    Raises:
        ValueError: these are not bytes that it wrote.
    """
    try:
        return _workspace(json.loads(data))
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"not a stored workspace: {error!r}") from error


def _workspace(value: dict[str, Any]) -> Workspace:
    return _made(
        Workspace,
        value,
        config=_config(value["config"]),
        intents=_intents(value["intents"]),
        examples=_each(value["examples"], _examples),
        extraction=tuple([_with_tuples(FieldRule, one, "patterns", "values") for one in value["extraction"]]),
        fetch=_fetch(value["fetch"]),
        plan_trees=_each(value["plan_trees"], _tree),
        templates=_each(value["templates"], lambda one: Template(**one)),
        tools=_each(value["tools"], lambda one: Tool(**one)),
        records={source: tuple(rows) for source, rows in value["records"].items()},
    )


def _code() -> str:
    """What names the code that reads workspaces: a changed reader reads everything anew."""
    return code_digest("workspace")


# --- to plain values ------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """Dataclasses as mappings, conditions as `[kind, …]`; what JSON knows already stays as it is."""
    if isinstance(value, Test):
        # `in` and `not_in` hold their values as a tuple; a list would be another condition.
        many = isinstance(value.value, tuple)
        return ["tests" if many else "test", value.path, value.op, value.value]
    if isinstance(value, All | AnyOf):
        return ["all" if isinstance(value, All) else "any", *map(_plain, value.parts)]
    if isinstance(value, Not):
        return ["not", _plain(value.part)]
    slots: Iterable[str] | None = getattr(type(value), "__dataclass_fields__", None)
    if slots is not None:
        return {name: _plain(getattr(value, name)) for name in slots}
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _columns(examples: tuple[Example, ...]) -> list[list[str]]:
    """Texts and, where there is one, sources: thousands of examples read back fast."""
    columns = [[one.text for one in examples], [one.source for one in examples]]
    return columns if any(columns[1]) else columns[:1]


# --- and back -------------------------------------------------------------------------------------------

# Every object takes all of its mapping, so a field that is added to the model comes back by itself.


def _made(kind: Callable[..., T], value: dict[str, Any], **parts: Any) -> T:
    """The object of a mapping, some of whose values have been read already."""
    return kind(**{**value, **parts})


def _with_tuples(kind: Callable[..., T], value: dict[str, Any], *names: str) -> T:
    """The object of a mapping whose named lists are tuples (None stays None)."""
    return _made(kind, value, **{name: tuple(value[name]) for name in names if value[name] is not None})


def _each(values: Mapping[str, Any], read: Callable[[Any], T]) -> dict[Any, T]:
    return {key: read(value) for key, value in values.items()}


def _config(value: dict[str, Any]) -> Config:
    return _made(
        Config,
        value,
        engines=Engines(**value["engines"]),
        gate=_with_tuples(GateConfig, value["gate"], "require"),
        policy=_with_tuples(Policy, value["policy"], "judges"),
        floors=Floors(**value["floors"]),
    )


def _intents(value: dict[str, Any]) -> IntentDag:
    intents = _each(value["intents"], lambda one: _with_tuples(Intent, one, "children"))
    return _made(IntentDag, value, root=tuple(value["root"]), intents=intents)


def _examples(columns: list[list[str]]) -> tuple[Example, ...]:
    # By way of a list: a tuple of a generator is slower, and these are thousands.
    return tuple([Example(*one) for one in zip(*columns, strict=True)])


def _fetch(value: dict[str, Any]) -> FetchRules:
    sources = _each(value["sources"], lambda one: _with_tuples(Source, one, "personal"))
    return _made(
        FetchRules, value, sources=sources, signals=tuple([Signal(**one) for one in value["signals"]])
    )


def _tree(value: dict[str, Any]) -> PlanTree:
    return _made(PlanTree, value, branches=tuple(map(_branch, value["branches"])))


def _branch(value: dict[str, Any]) -> Branch:
    return _made(
        Branch,
        value,
        when=None if value["when"] is None else _condition(value["when"]),
        tools=tuple([ToolCall(**call) for call in value["tools"]]),
        branches=tuple(map(_branch, value["branches"])),
    )


def _condition(value: list[Any]) -> Condition:
    kind, *rest = value
    if kind == "test":
        return Test(*rest)
    if kind == "tests":
        path, op, values = rest
        return Test(path, op, tuple(values))
    if kind == "not":
        return Not(_condition(rest[0]))
    parts = tuple(map(_condition, rest))
    return All(parts) if kind == "all" else AnyOf(parts)
