"""What is read without the schema is what the schema takes, value for value; all else is left to it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fixloop.workspace.file_parts import examples_part, plan_tree_part
from fixloop.workspace.plain import plain_example, plain_tree
from fixloop.workspace.plan_tree import read_plan_tree
from fixloop.workspace.problems import Report
from fixloop.workspace.schema import ExampleLine, PlanTreeFile

IDS = st.sampled_from(["a", "b_1", "b-0123abcd", "p.other", "P", "a\n", "a b", "", "é"])
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 1.5, [], {}, "always", "often", "\ud800", "x\ty", {"a": 1}, [{}]]
)
CALLS = st.fixed_dictionaries({"name": IDS}, optional={"args": st.dictionaries(IDS, ODD, max_size=2) | ODD})


def branches_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Branches that are mostly right, nested."""
    parts = {
        "id": IDS | ODD,
        "when": st.just({"a.b": 1}) | ODD,
        "reply": IDS | ODD,
        "tools": st.lists(CALLS | ODD, max_size=2) | ODD,
        "review": st.sampled_from(["always", "never", None]) | ODD,
        "branches": st.lists(inner, max_size=2) | ODD,
        "odd": ODD,
    }
    return st.dictionaries(st.sampled_from(sorted(parts)), st.none(), max_size=4).flatmap(
        lambda keys: st.fixed_dictionaries({key: parts[key] for key in keys})
    )


BRANCHES = st.recursive(branches_of(ODD), branches_of, max_leaves=4)
TREES = st.fixed_dictionaries(
    {"leaf": IDS, "branches": st.lists(BRANCHES, max_size=3) | ODD},
    optional={"owner": IDS | ODD, "stability": st.sampled_from(["open", "frozen", "shut"]) | ODD, "odd": ODD},
)


@given(TREES | ODD)
def test_a_plainly_right_tree_is_the_schemas(value: Any) -> None:
    plain = plain_tree(value)
    if plain is not None:
        said: list[Any] = []
        report: Report = lambda path, message, mend="", *, on_key=False: said.append((path, message))  # noqa: E731
        found = read_plan_tree(plain, "plan_trees/a.yaml", report)
        plainly = list(said)
        said.clear()
        checked = PlanTreeFile.model_validate(value)
        assert found == read_plan_tree(checked, "plan_trees/a.yaml", report)
        assert said == plainly


TEXTS = st.text(max_size=6) | ODD
LINES = st.dictionaries(st.sampled_from(["text", "source", "odd"]), TEXTS).map(json.dumps)
TWICE = st.just('{"text": "a", "text": "b"}')


@given((LINES | TWICE | st.text(max_size=12)).map(lambda line: line.encode("utf-8", "surrogatepass")))
def test_a_plainly_right_example_is_the_schemas(line: bytes) -> None:
    plain = plain_example(line)
    if plain is not None:
        checked = ExampleLine.model_validate_json(line)
        assert (plain.text, plain.source) == (checked.text, checked.source)


def test_what_is_plainly_right_is_taken() -> None:
    branch = {
        "id": "rich",
        "when": {"record.balance": {"gte": 5}},
        "reply": "a",
        "tools": [{"name": "t", "args": {"x": 1}}],
    }
    value = {"leaf": "a", "owner": "desk", "branches": [branch, {"reply": "b", "review": "always"}]}
    assert plain_tree(value) is not None
    assert plain_example(b'{"text": "where is my parcel?", "source": "mail"}') is not None


def test_what_is_wrong_is_still_told() -> None:
    told = [
        plan_tree_part("plan_trees/a.yaml", b"leaf: a\nbranches: [{reply: A}]\n").problems[0].message,
        examples_part("workspace/examples/a.jsonl", b'{"text": " "}\n').problems[0].message,
    ]
    assert [message.split(" must be ")[0] for message in told] == ["`branches[0].reply`", "`text`"]
