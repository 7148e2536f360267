"""The workspace as typed values: what `load` returns and every room above works on. All immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NewType

from fixloop.errors import Place

LeafId = NewType("LeafId", str)
Row = Mapping[str, Any]
"""One record row as it came from a source: column to JSON value."""

OTHER = LeafId("other")
STABILITIES = ("open", "guarded", "frozen")
GATE_CHECKS = (
    "structure",
    "lane",
    "scope",
    "split",
    "identity",
    "fail_to_pass",
    "near_miss",
    "regressions",
    "known_good",
    "drift",
    "copying",
    "guard_strength",
    "held_out",
    "canary",
)
"""The gate's checks, in the order a reader of a verdict wants them; `gate.require` may insist on each."""


def other_of(parent: str) -> LeafId:
    """The implicit `other` leaf of a parent; `root`'s is plain `other`."""
    return OTHER if parent == "root" else LeafId(f"{parent}.other")


def is_other(leaf: str) -> bool:
    """Whether a leaf is one of the implicit `other` leaves."""
    return leaf == OTHER or leaf.endswith(".other")


# --- fixloop.yaml ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Engines:
    """Which engine answers each step: a built-in's name or `python:package.module:factory`.

    `embedder` says which texts are alike when rejections are sorted; one's own is a function of texts.
    """

    intent: str = "examples"
    extraction: str = "rules"
    fallback: str = "escalate"
    proposer: str = "replay"
    applier: str = "edits"
    embedder: str = "features"


@dataclass(frozen=True, slots=True)
class GateConfig:
    """What the gate tolerates; shares are of 1.

    A case of an engine that varies is asked `repeats` times; one that wavers is set aside for
    `quarantine_days`.
    """

    max_drift: float = 0.02
    min_guard_strength: float = 0.8
    max_intent_flips: float = 0.005
    require: tuple[str, ...] = ()
    repeats: int = 3
    quarantine_days: int = 14


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may do what without asking."""

    auto_merge: str = "never"
    judges: tuple[str, ...] = ()
    retain_days: int = 365
    max_open_fixes: int = 20


@dataclass(frozen=True, slots=True)
class Floors:
    """The share of a suite's cases that must pass; only what is learned from examples may stay below all."""

    intent: float = 1.0
    fallback: float = 1.0

    def of(self, suite: str) -> float:
        """The floor of a suite; 1 where it has none."""
        return {"intent": self.intent, "fallback": self.fallback}.get(suite, 1.0)


@dataclass(frozen=True, slots=True)
class Config:
    """fixloop.yaml."""

    language: str = "en"
    engines: Engines = Engines()
    gate: GateConfig = GateConfig()
    policy: Policy = Policy()
    floors: Floors = Floors()
    fallback_reply: str | None = None


# --- workspace/intents.yaml and workspace/examples ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Intent:
    """A node of the DAG below the root: a parent when it has children, else a leaf."""

    id: str
    description: str = ""
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IntentDag:
    """The rooted DAG of intents; `intents` keeps the file's order."""

    root: tuple[str, ...]
    intents: Mapping[str, Intent]
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Each parent's children, the root's under `root`; the implicit `other` leaves are not listed."""
        below = {intent.id: intent.children for intent in self.intents.values() if intent.children}
        return {"root": self.root, **below}

    @property
    def leaves(self) -> tuple[LeafId, ...]:
        """The named leaves, in the file's order, without the implicit `other` leaves."""
        return tuple(LeafId(intent.id) for intent in self.intents.values() if not intent.children)

    @property
    def all_leaves(self) -> tuple[LeafId, ...]:
        """The named leaves, then every level's `other`."""
        return self.leaves + tuple(other_of(parent) for parent in self.children)

    def parents_of(self, intent: str) -> tuple[str, ...]:
        """The parents (or `root`) that list an intent, or the one level an `other` leaf belongs to."""
        if is_other(intent):
            return (intent.removesuffix(".other") if intent != OTHER else "root",)
        return tuple(parent for parent, children in self.children.items() if intent in children)


@dataclass(frozen=True, slots=True)
class Example:
    """One line of an examples file."""

    text: str
    source: str = ""


# --- workspace/extraction.yaml --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How the values of one field are found; `values_from` is `<source>.<path>`."""

    group: str
    name: str
    patterns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    values_from: str | None = None
    variants: str | None = None

    @property
    def path(self) -> str:
        """`<group>.<field>`, the field's name everywhere else."""
        return f"{self.group}.{self.name}"


# --- workspace/fetch.yaml -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """Where records come from; rows of several sources with one id describe one record.

    `fields` is column to type (string, number, boolean, list, object); only these columns leave the source.
    `many` says that one record has several rows here: each of its columns is then a list, however many there
    are. `narrow` is field to column path: where a ticket names some of those rows, the others are left out.
    `personal` names the columns that `ingest` replaces by surrogates; None means the default rule.
    """

    name: str
    kind: str
    id: str
    fields: Mapping[str, str]
    path: str = ""
    personal: tuple[str, ...] | None = None
    many: bool = False
    narrow: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signal:
    """Evidence for a record: a value of `field` equals the row's value at `match`.

    `compare` is how: as `text`, or by their `letters_and_digits` alone.
    """

    field: str
    source: str
    match: str
    weight: float
    compare: str = "text"

    @property
    def key(self) -> tuple[str, str, str]:
        """What names a signal: (field, source, match)."""
        return (self.field, self.source, self.match)


@dataclass(frozen=True, slots=True)
class FetchRules:
    """workspace/fetch.yaml: the sole maximum at or above the threshold is selected; a tie selects all.

    Records at or above the threshold that are less than `margin` behind the maximum tie with it.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    signals: tuple[Signal, ...] = ()
    threshold: float = 1.0
    margin: float = 0.0


# --- plan_trees/*.yaml ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Test:
    """`path op value` on one path; op is one of eq, ne, in, not_in, gt, gte, lt, lte, contains, exists."""

    __test__: ClassVar[bool] = False  # pytest takes every class of this name for a test

    path: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class All:
    """Holds when every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when a part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when the part does not; a condition on an absent record fails under `not:` too."""

    part: "Condition"


Condition = Test | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool to call with arguments; a string that is exactly one `{{ path }}` keeps the value's type."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch: `when` None is the default; a branch either answers (`reply`) or nests (`branches`)."""

    id: str
    when: Condition | None = None
    reply: str | None = None
    tools: tuple[ToolCall, ...] = ()
    review_always: bool = False
    branches: tuple["Branch", ...] = ()


@dataclass(frozen=True, slots=True)
class PlanTree:
    """The ordered branches of one leaf."""

    leaf: LeafId
    path: str
    branches: tuple[Branch, ...]
    owner: str = ""
    stability: str = "open"


# --- workspace/templates.yaml, workspace/tools.yaml -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Template:
    """A reply; `texts` is language to text, and a text for every language has the key ""."""

    name: str
    description: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tool:
    """A declared tool; `args` is its JSON Schema."""

    name: str
    description: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    side_effects: bool = False


@dataclass(frozen=True, slots=True)
class Workspace:
    """All of it, valid: references resolve and every value has its type."""

    config: Config
    intents: IntentDag
    examples: Mapping[str, tuple[Example, ...]]
    extraction: tuple[FieldRule, ...]
    fetch: FetchRules
    plan_trees: Mapping[str, PlanTree]
    templates: Mapping[str, Template]
    tools: Mapping[str, Tool]
    records: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something `check` found: an error stops everything, a warning nothing."""

    place: Place
    message: str
    mend: str = ""
    severity: str = "error"
