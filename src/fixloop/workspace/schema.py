"""The shape of every workspace file, and pydantic's complaints put into our words and at their place."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from fixloop.workspace.plain import BRANCH_PATTERN, ID_PATTERN, LEAF_PATTERN
from fixloop.workspace.problems import Report
from fixloop.workspace.rubric import WEIGHTS
from fixloop.workspace.text import did_you_mean, named, shown
from fixloop.workspace.yaml_source import KeyPath

MAX_TEMPLATE = 20_000
LATER_KINDS = ("sqlite", "http")
ENGINES = {
    "intent": "examples",
    "extraction": "rules",
    "fallback": "escalate",
    "proposer": "replay",
    "applier": "edits",
    "embedder": "features",
}
"""The built-in engine of each slot."""
OWN_ENGINES = ("intent", "extraction", "embedder")
"""The slots that code of a user's own may fill."""
_OWN_ENGINE = re.compile(r"python:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")

Criterion = Literal[
    "step",
    "target",
    "operation",
    "expectation",
    "failing_case",
    "evidence",
    "scope",
    "generality",
    "owner",
]
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
LeafName = Annotated[str, StringConstraints(pattern=LEAF_PATTERN)]
"""A leaf as a plan tree names it: an id, or `<parent>.other`."""
BranchId = Annotated[str, StringConstraints(pattern=BRANCH_PATTERN)]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
ColumnPath = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$")
]
VocabularyPath = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")]
TextKey = Annotated[str, StringConstraints(pattern=r"^(?:[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)?$")]
"""A text's language; "" stands for every one."""
NotBlank = Annotated[str, StringConstraints(pattern=r"\S")]
Share = Annotated[float, Field(ge=0, le=1)]
_MOST_DAYS = 36_500
"""A hundred years: more says nothing, and no calendar goes so far."""

_SHAPES = {
    ID_PATTERN: "small letters, digits and `_`, starting with a letter",
    r"\S": "a text that is not blank",
}


def _none_is_empty(value: Any) -> Any:
    """A key with nothing behind it means an empty mapping."""
    return {} if value is None else value


def _text_by_language(value: Any) -> Any:
    """A plain text serves every language."""
    return {"": value} if isinstance(value, str) else value


class Strict(BaseModel):
    """Unknown keys are errors, and nothing is converted: `"5"` is no number and true is not 1."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# --- fixloop.yaml ---------------------------------------------------------------------------------------


class EnginesFile(Strict):
    """`engines:`."""

    intent: str = "examples"
    extraction: str = "rules"
    fallback: str = "escalate"
    proposer: str = "replay"
    applier: str = "edits"
    embedder: str = "features"


class GateFile(Strict):
    """`gate:`."""

    max_drift: Share = 0.02
    min_guard_strength: Share = 0.8
    max_intent_flips: Share = 0.005
    require: list[str] = []
    repeats: Annotated[int, Field(ge=1, le=50)] = 3
    quarantine_days: Annotated[int, Field(ge=0, le=_MOST_DAYS)] = 14


class PolicyFile(Strict):
    """`policy:`."""

    auto_merge: Literal["never", "low_risk"] = "never"
    judges: list[NotBlank] = []
    retain_days: Annotated[int, Field(ge=1, le=_MOST_DAYS)] = 365
    max_open_fixes: Annotated[int, Field(ge=1)] = 20


class FloorsFile(Strict):
    """`evals.floors:`."""

    intent: Share = 1.0
    fallback: Share = 1.0


class EvalsFile(Strict):
    """`evals:`."""

    floors: FloorsFile = FloorsFile()


class FallbackFile(Strict):
    """`fallback:`."""

    reply: Id


class ConfigFile(Strict):
    """fixloop.yaml."""

    fixloop: Annotated[int, Field(ge=1, le=1)]
    language: Language = "en"
    engines: EnginesFile = EnginesFile()
    gate: GateFile = GateFile()
    policy: PolicyFile = PolicyFile()
    evals: EvalsFile = EvalsFile()
    fallback: FallbackFile | None = None


# --- workspace/rubric.yaml ------------------------------------------------------------------------------


class RubricFile(Strict):
    """What a hint is graded by; criteria that are left out do not count."""

    version: Annotated[int, Field(ge=1)]
    bar: Share = 0.7
    criteria: dict[Criterion, Annotated[float, Field(ge=0)]] = {
        name: WEIGHTS[name] for name in get_args(Criterion)
    }
    required: list[Criterion] = ["step", "target", "operation", "failing_case"]


# --- workspace/improver.yaml ----------------------------------------------------------------------------

PriorStep = Literal["none", "intent", "new_leaf", "extraction", "fetch", "plan", "template"]


PriorKind = Literal[
    "add_branch",
    "add_case",
    "add_edge",
    "add_example",
    "add_leaf",
    "add_pattern",
    "add_signal",
    "add_template",
    "add_tool",
    "add_value",
    "edit_template",
    "fix_case",
    "move_branch",
    "none",
    "remove_branch",
    "remove_edge",
    "remove_example",
    "remove_leaf",
    "remove_pattern",
    "remove_signal",
    "remove_tool",
    "retire_case",
    "set_condition",
    "set_reply",
    "set_threshold",
    "set_tool_arg",
    "set_variants",
    "set_weight",
    "several",
    "spec",
]
"""The kinds of hints: every operation, and what a hint without one can be."""


class ImproverFile(Strict):
    """What the proposer believes beforehand; what is left out is as built in."""

    version: Annotated[int, Field(ge=1)]
    priors: dict[PriorStep, Annotated[float, Field(gt=0, le=1)]] = {}
    kinds: dict[PriorKind, Annotated[float, Field(gt=0, le=100)]] = {}
    margin: Share | None = None


# --- workspace/ -----------------------------------------------------------------------------------------


class IntentFile(Strict):
    """One entry of `intents:`."""

    description: str = ""
    children: list[Id] = []


class IntentsFile(Strict):
    """workspace/intents.yaml."""

    root: Annotated[list[Id], Field(min_length=1)]
    thresholds: Annotated[dict[str, float], BeforeValidator(_none_is_empty)] = {}
    intents: dict[Id, Annotated[IntentFile, BeforeValidator(_none_is_empty)]]


class ExampleLine(Strict):
    """A line of workspace/examples/<leaf>.jsonl."""

    text: NotBlank
    source: str = ""


class FieldFile(Strict):
    """One field of a group."""

    patterns: list[NotBlank] = []
    values: list[NotBlank] = []
    values_from: VocabularyPath | None = None
    variants: Literal["confusable"] | None = None


class ExtractionFile(Strict):
    """workspace/extraction.yaml."""

    groups: Annotated[dict[Id, dict[Id, FieldFile]], BeforeValidator(_none_is_empty)] = {}


class SourceFile(Strict):
    """One entry of `sources:`."""

    kind: Literal["jsonl"]
    path: NotBlank
    id: Column
    fields: dict[Column, Literal["string", "number", "boolean", "list", "object"]]
    personal: list[Column] | None = None
    many: bool = False
    narrow: dict[FieldPath, ColumnPath] = {}


class SignalFile(Strict):
    """One entry of `signals:`."""

    field: FieldPath
    source: Id
    match: ColumnPath
    weight: float
    compare: Literal["text", "letters_and_digits"] = "text"


class FetchFile(Strict):
    """workspace/fetch.yaml."""

    sources: Annotated[dict[Id, SourceFile], BeforeValidator(_none_is_empty)] = {}
    signals: list[SignalFile] = []
    threshold: float = 1.0
    margin: Annotated[float, Field(ge=0)] = 0.0


class TemplateFile(Strict):
    """One entry of templates.yaml."""

    description: str = ""
    text: Annotated[
        dict[TextKey, Annotated[str, StringConstraints(max_length=MAX_TEMPLATE)]],
        BeforeValidator(_text_by_language),
        Field(min_length=1),
    ]


class ToolFile(Strict):
    """One entry of tools.yaml."""

    description: str = ""
    args: Annotated[dict[str, Any], BeforeValidator(_none_is_empty)] = {}
    side_effects: bool = False


class CallFile(Strict):
    """One entry of a branch's `tools:`."""

    name: Id
    args: Annotated[dict[str, Any], BeforeValidator(_none_is_empty)] = {}


class BranchFile(Strict):
    """One branch; the condition is read by plan_tree."""

    id: BranchId | None = None
    when: Any = None
    reply: Id | None = None
    tools: list[CallFile] = []
    review: Literal["always"] | None = None
    branches: list["BranchFile"] = []


class PlanTreeFile(Strict):
    """plan_trees/<leaf>.yaml."""

    leaf: LeafName
    owner: str = ""
    stability: Literal["open", "guarded", "frozen"] = "open"
    branches: Annotated[list[BranchFile], Field(min_length=1)]


# --- reading a value, complaints in our words -----------------------------------------------------------

Model = TypeVar("Model", bound=BaseModel)


def read_model(model: type[Model], value: Any, report: Report) -> Model | None:
    """The value as a model, or None after each complaint has been reported."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=True):
            _report(model, value, details, report)
        return None


def read_entries(model: type[Model], value: Any, report: Report, what: str) -> dict[str, Model] | None:
    """A mapping of ids to models (templates.yaml, tools.yaml), or None after complaints were reported."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        report((), f"must be a mapping of {what} names, not {shown(value)}")
        return None
    entries: dict[str, Model] = {}
    sound = True
    for name, entry in value.items():
        if not is_id(name):
            report((name,), f"{what} {named(name)} is not {_SHAPES[ID_PATTERN]}", "rename it", on_key=True)
            sound = False
        read = read_model(model, entry, _below(report, name))
        if read is None:
            sound = False
        else:
            entries[name] = read
    return entries if sound else None


def is_engine(slot: str, name: str) -> bool:
    """Whether a slot can be filled by this engine: the built-in one, or for some one of one's own."""
    own = slot in OWN_ENGINES and _OWN_ENGINE.fullmatch(name) is not None
    return own or ENGINES.get(slot) == name


def is_id(name: str) -> bool:
    """Whether a name has the form of an id."""
    head, rest = name[:1], name[1:].replace("_", "")
    return name.isascii() and head.islower() and (not rest or (rest.isalnum() and rest == rest.lower()))


def _below(report: Report, name: str) -> Report:
    def deeper(key_path: KeyPath, message: str, mend: str = "", *, on_key: bool = False) -> None:
        report((name, *key_path), message, mend, on_key=on_key)

    return deeper


def _report(model: type[BaseModel], value: Any, details: ErrorDetails, report: Report) -> None:
    # pydantic marks a bad key by a trailing "[key]"; the place is then the key itself.
    on_key = bool(details["loc"]) and details["loc"][-1] == "[key]"
    key_path = tuple(details["loc"][:-1] if on_key else details["loc"])
    kind = details["type"]
    if kind == "missing":
        report(key_path[:-1], f"{named(key_path[-1])} is missing", f"add `{key_path[-1]}:`")
        return
    if kind == "extra_forbidden" or (on_key and kind == "literal_error"):
        of_model = kind == "extra_forbidden"
        known = _model_at(model, key_path[:-1]).model_fields if of_model else get_args_of(details)
        message = f"unknown key {named(key_path[-1])}"
        report(key_path, message, did_you_mean(key_path[-1], known), on_key=True)
        return
    written = _value_at(value, key_path)
    subject = named(_dotted(key_path)) if key_path else "the file"
    if on_key:
        report(
            key_path, f"the key {named(key_path[-1])} must be {_wanted(details)}", "rename it", on_key=True
        )
        return
    report(
        key_path,
        f"{subject} must be {_wanted(details)}, not {shown(written)}",
        _mend(key_path, written, details),
    )


def _dotted(key_path: KeyPath) -> str:
    text = ""
    for key in key_path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text


def _value_at(value: Any, key_path: KeyPath) -> Any:
    for key in key_path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            break
    return value


_WANTED: Mapping[str, str] = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "json_type": "one JSON object",
    "json_invalid": "one JSON object",
}


_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _wanted(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "literal_error":
        return str(context["expected"]).replace("'", "`")
    if kind == "string_pattern_mismatch":
        return _SHAPES.get(context["pattern"], _form(context["pattern"]))
    if kind == "too_short":
        return f"at least {context['min_length']} long"
    if kind == "string_too_long":
        return f"at most {context['max_length']} characters long"
    if kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        return f"{word} {context[key]}"
    return _WANTED.get(kind, details["msg"].lower())


_FORMS: Mapping[str, str] = {
    "|b-": "an id of small letters, digits and `_`",
    r"*\.[a-z][a-z0-9_]*$": "`<group>.<field>`",
    r"{2,8}": "a language such as `en`",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "a column name of letters, digits and `_`",
    r"(?:\.[A-Za-z_][A-Za-z0-9_]*)+$": "`<source>.<column>`",
    r"(?:\.[A-Za-z_][A-Za-z0-9_]*)*$": "a column, or a dotted path into one",
    r"\.)?[a-z]": "a leaf's id",
}


def _form(pattern: str) -> str:
    return next((form for part, form in _FORMS.items() if part in pattern), f"of the form {pattern}")


def _mend(key_path: KeyPath, written: Any, details: ErrorDetails) -> str:
    if key_path and key_path[-1] == "fixloop" and isinstance(written, int) and written > 1:
        return "this workspace is of a newer fixloop; install that one"
    if details["type"] == "literal_error":
        return did_you_mean(written, get_args_of(details), otherwise="use one of these")
    if details["type"] == "string_type" and isinstance(written, bool | int | float):
        return "put it in quotes"
    return ""


def get_args_of(details: ErrorDetails) -> list[str]:
    """The values a Literal allows, from pydantic's words for them."""
    expected = str(details.get("ctx", {}).get("expected", ""))
    return [part.strip(" '") for part in expected.replace(" or ", ",").split(",")]


def _model_at(model: type[BaseModel], key_path: KeyPath) -> type[BaseModel]:
    """The model that describes the value at a key path."""
    here: Any = model
    for key in key_path:
        here = _unwrapped(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = here.model_fields[str(key)].annotation if key in here.model_fields else model
        elif get_origin(here) is dict:
            here = get_args(here)[1]
        elif get_origin(here) is list:
            here = get_args(here)[0]
    here = _unwrapped(here)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else model


def _unwrapped(annotation: Any) -> Any:
    """An annotation without Annotated and without `| None`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    inner = [part for part in get_args(annotation) if part is not type(None)]
    if len(inner) == 1 and type(None) in get_args(annotation):
        return _unwrapped(inner[0])
    return annotation
