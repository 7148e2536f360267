"""Tools and the calls of them: a declared schema, and arguments that fit it as far as can be told."""

from collections.abc import Iterator, Mapping
from typing import Any

from fixloop.workspace.model import Problem, Tool, ToolCall
from fixloop.workspace.parts import Parts
from fixloop.workspace.paths import ANY, KnownPaths
from fixloop.workspace.problems import Problems, Report, below
from fixloop.workspace.template_uses import one_path
from fixloop.workspace.text import a_kind, did_you_mean, named, shown

JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_BY_PATH_TYPE = {
    "string": ("string",),
    "number": ("number", "integer"),
    "boolean": ("boolean",),
    "list": ("array",),
    "object": ("object",),
}


def check_tools(parts: Parts) -> Iterator[Problem]:
    """Every tool's `args` is the JSON Schema of an object."""
    problems = Problems()
    report = problems.report_on(parts.tools.document)
    for tool in (parts.tools.value or {}).values():
        _check_schema(tool.args, below(report, tool.name, "args"))
    yield from problems.found


def _check_schema(schema: Mapping[str, Any], report: Report) -> None:
    if schema.get("type", "object") != "object":
        report(("type",), f"arguments are an object, not {shown(schema['type'])}", "write `type: object`")
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        report(("properties",), f"must be a mapping, not {shown(properties)}")
        return
    for unknown in schema.keys() - _SCHEMA_KEYS:
        report(
            (unknown,),
            f"unknown key {named(unknown)} in a tool's `args:`",
            _schema_mend(unknown),
            on_key=True,
        )
    for name, single in properties.items():
        _check_property(single, below(report, "properties", name))
    required = schema.get("required", [])
    if not isinstance(required, list):
        report(("required",), f"must be a list, not {shown(required)}")
        return
    for index, name in enumerate(required):
        if not isinstance(name, str) or name not in properties:
            report(("required", index), f"there is no argument {named(name)}", did_you_mean(name, properties))


_SCHEMA_KEYS = frozenset(
    (
        "type",
        "properties",
        "required",
        "additionalProperties",
        "title",
        "description",
        "examples",
        "$schema",
        "$defs",
    )
)


def _schema_mend(unknown: str) -> str:
    return did_you_mean(
        unknown,
        _SCHEMA_KEYS,
        otherwise=f"an argument goes below `properties:`: `{unknown}: {{type: string}}`",
    )


def _check_property(single: Any, report: Report) -> None:
    if not isinstance(single, dict):
        report((), f"an argument's schema must be a mapping, not {shown(single)}", "write `{type: string}`")
        return
    for kind in _types(single):
        if kind not in JSON_TYPES:
            report(("type",), f"there is no JSON type {shown(kind)}", did_you_mean(kind, JSON_TYPES))


# --- calls ----------------------------------------------------------------------------------------------


def check_call(call: ToolCall, tool: Tool, known: KnownPaths | None, report: Report) -> None:
    """A call's arguments against the tool's schema, as far as they are literal or their type is known."""
    properties = tool.args.get("properties", {})
    required = tool.args.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return
    for name in required:
        if isinstance(name, str) and name not in call.args:
            report((), f"{named(tool.name)} needs the argument {named(name)}", f"add `{name}:` to `args:`")
    open_ended = bool(tool.args.get("additionalProperties", False))
    for name, value in call.args.items():
        if name in properties:
            _check_argument(name, value, properties[name], known, below(report, "args", name))
        elif not open_ended:
            report(
                ("args", name),
                f"{named(tool.name)} has no argument {named(name)}",
                did_you_mean(name, properties),
                on_key=True,
            )


def _check_argument(name: str, value: Any, schema: Any, known: KnownPaths | None, report: Report) -> None:
    if not isinstance(schema, dict):
        return
    path = one_path(value) if isinstance(value, str) else None
    if path is not None:
        _check_path_type(name, path, schema, known, report)
        return
    types = _types(schema)
    if types and not any(_is(value, kind) for kind in types):
        report((), f"the argument {named(name)} must be {_either(types)}, not {shown(value)}")
        return
    allowed = [schema["const"]] if "const" in schema else schema.get("enum")
    is_text = isinstance(value, str) and "{{" in value
    if isinstance(allowed, list) and not is_text and value not in allowed:
        report(
            (), f"the argument {named(name)} cannot be {shown(value)}", did_you_mean(value, map(str, allowed))
        )


def _check_path_type(name: str, path: str, schema: Any, known: KnownPaths | None, report: Report) -> None:
    kind = known.type_of(path) if known else None
    types = _types(schema)
    if kind in (None, ANY) or not types:
        return
    if not set(_BY_PATH_TYPE[str(kind)]).intersection(types):
        mend = f"take one value: `{{{{ {path} | first }}}}`" if kind == "list" and "string" in types else ""
        report(
            (),
            f"the argument {named(name)} must be {_either(types)}; {named(path)} is {a_kind(str(kind))}",
            mend,
        )


def _types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type")
    return [str(single) for single in kind] if isinstance(kind, list) else [] if kind is None else [str(kind)]


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, JSON_TYPES.get(kind, (object,)))


def _either(types: list[str]) -> str:
    return " or ".join(f"of type {kind}" for kind in types)
