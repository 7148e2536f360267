from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.fixes.catalog import catalog
from fixloop.workspace.load import WorkspaceInvalid, inspect_workspace, load_workspace
from fixloop.workspace.model import Config, FetchRules, Problem
from fixloop.workspace.schema import PriorKind
from fixloop.workspace.snapshot import Overlay
from tests.support.worlds import build_snapshot, build_workspace, minimal_world

THREE_LINES = {
    "fixloop.yaml": "fixloop: 1\nlanguage: de\nengines: {intent: examples}\n",
    "workspace/intents.yaml": "root: [a]\nintents:\n  a:\n",
}


def problems_of(files: dict[str, str]) -> tuple[Problem, ...]:
    return inspect_workspace(build_snapshot(files)).problems


def test_the_minimal_world_is_sound() -> None:
    workspace = build_workspace()
    assert workspace.intents.leaves == (
        "account_locked",
        "login_problem",
        "transfer_failed",
        "payment_recall",
    )
    assert workspace.examples["other"][0].text == "what a lovely day"
    assert workspace.config.fallback_reply == "handover"
    assert workspace.fetch.signals[0].weight == 5
    assert workspace.plan_trees["account_locked"].branches[2].id == "fraud"
    assert workspace.plan_trees["account_locked"].branches[2].review_always
    assert workspace.templates["handover"].texts[""].startswith("A colleague")
    assert workspace.tools["escalate_to_security"].side_effects
    assert len(workspace.records["accounts"]) == 4
    assert [problem.severity for problem in problems_of(minimal_world())] == ["warning"]


def test_three_lines_and_a_leaf_are_a_workspace() -> None:
    workspace = build_workspace(THREE_LINES)
    assert workspace.config == Config(language="de")
    assert (workspace.fetch, workspace.extraction, dict(workspace.tools)) == (FetchRules(), (), {})


def test_the_two_needed_files_are_asked_for() -> None:
    assert [(problem.place.path, problem.message) for problem in problems_of({})] == [
        ("fixloop.yaml", "this file is missing"),
        ("workspace/intents.yaml", "this file is missing"),
    ]


def test_one_broken_file_does_not_hide_another() -> None:
    world = minimal_world(
        fetch="sources: [\n",
        templates="handover: {text: 5}\n",
        transfer_failed="leaf: transfer_failed\nbranches:\n  - {reply: transfer_help, tool: x}\n",
    )
    errors = [problem.place.path for problem in problems_of(world) if problem.severity == "error"]
    assert errors == ["plan_trees/transfer_failed.yaml", "workspace/fetch.yaml", "workspace/templates.yaml"]


def test_load_tells_the_first_errors_and_the_next_command() -> None:
    with pytest.raises(WorkspaceInvalid) as caught:
        build_workspace(
            {**THREE_LINES, "workspace/intents.yaml": "root: [a, b]\nintents:\n  a: {descripton: x}\n"}
        )
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "the workspace has 1 error:\n"
        "  workspace/intents.yaml:3:7: unknown key `descripton`\n"
        "  → run `fixloop check` for all of them and how to mend each"
    )
    assert caught.value.problems[0].mend == "did you mean `description`?"


def test_an_overlay_is_judged_by_its_own_bytes() -> None:
    base = build_snapshot(minimal_world())
    load_workspace(base)
    broken = Overlay(base, {"plan_trees/transfer_failed.yaml": b"leaf: transfer_failed\nbranches: []\n"})
    gone = Overlay(base, {"plan_trees/transfer_failed.yaml": None})
    assert not inspect_workspace(broken).workspace
    assert "transfer_failed" not in load_workspace(gone).plan_trees
    assert "transfer_failed" in load_workspace(base).plan_trees


def test_misspelt_files_are_noticed() -> None:
    world = {
        **minimal_world(),
        "workspace/template.yaml": "{}\n",
        "plan_trees/x.yml": "",
        "workspace/README.md": "hi",
    }
    stray = [problem for problem in problems_of(world) if problem.message == "nothing reads this file"]
    assert [problem.place.path for problem in stray] == ["plan_trees/x.yml", "workspace/template.yaml"]
    assert stray[1].mend == "did you mean `workspace/templates.yaml`?"


@pytest.mark.parametrize(
    ("name", "text", "line", "said", "mend"),
    [
        ("fixloop", "fixloop: 2\n", 1, "at most 1, not 2", "newer fixloop"),
        ("fixloop", "fixloop: true\n", 1, "a whole number, not true", ""),
        ("fixloop", "language: en\n", 1, "`fixloop` is missing", "add `fixloop:`"),
        ("fixloop", "fixloop: 1\ngate:\n  max_drfit: 1\n", 3, "unknown key `max_drfit`", "`max_drift`"),
        ("fixloop", "fixloop: 1\ngate:\n  max_drift: 2\n", 3, "at most 1", ""),
        ("fixloop", "fixloop: 1\npolicy:\n  retain_days: 99999999\n", 3, "at most 36500, not 99999999", ""),
        ("fixloop", "fixloop: 1\ngate:\n  quarantine_days: 99999999\n", 3, "at most 36500, not 9999", ""),
        ("fixloop", "fixloop: 1\npolicy: {auto_merge: low-risk}\n", 2, "`never` or `low_risk`", "`low_risk`"),
        ("fixloop", "fixloop: 1\npolicy: {retain_days: '9'}\n", 2, 'a whole number, not "9"', ""),
        ("intents", "root: [a]\nintents:\n  Bad Name: {}\n", 3, "small letters", "rename"),
        ("intents", "root: []\nintents: {}\n", 1, "at least 1 long", ""),
        ("intents", "root: [a]\nintents:\n  a: {description: 5}\n", 3, "must be a string, not 5", "quotes"),
        ("intents", "- a\n", 1, "the file must be a mapping", ""),
        ("extraction", "groups:\n  a:\n    b: {pattern: [x]}\n", 3, "unknown key `pattern`", "`patterns`"),
        ("extraction", "groups:\n  a:\n    b: {variants: twins, values: [x]}\n", 3, "`confusable`", ""),
        ("fetch", "sources:\n  a: {kind: sqlite, file: x}\n", 2, "reads jsonl only", "export"),
        ("fetch", "sources:\n  a: {kind: jsonl, path: x, id: i, fields: {b: text}}\n", 2, "`string`", ""),
        ("templates", "handover: {txt: x}\n", 1, "unknown key `txt`", "`text`"),
        ("templates", "handover: {text: {EN: x}}\n", 1, "`EN`", ""),
        ("templates", "handover:\n  text: " + "x" * 20_001 + "\n", 2, "at most 20000 characters", ""),
        ("tools", "Bad: {}\n", 1, "small letters", "rename"),
    ],
)
def test_a_wrong_shape_is_told_at_its_place(name: str, text: str, line: int, said: str, mend: str) -> None:
    found = [problem for problem in problems_of(minimal_world(**{name: text})) if said in problem.message]
    assert found, problems_of(minimal_world(**{name: text}))
    assert found[0].place.line == line
    assert mend in found[0].mend


def test_a_prior_that_can_never_be_is_told() -> None:
    world = {**minimal_world(), "workspace/improver.yaml": "version: 1\npriors: {none: 0}\n"}
    assert "`priors.none` must be more than 0.0, not 0" in [problem.message for problem in problems_of(world)]


def test_a_kind_of_fix_that_there_is_not_is_told() -> None:
    world = {**minimal_world(), "workspace/improver.yaml": "version: 1\nkinds: {add_exampel: 2}\n"}
    (told,) = [problem for problem in problems_of(world) if "add_exampel" in problem.message]
    assert (told.severity, told.place.path, told.place.line) == ("error", "workspace/improver.yaml", 2)
    assert (told.message, told.mend) == ("unknown key `add_exampel`", "did you mean `add_example`?")


def test_every_operation_is_a_kind_that_can_have_a_prior() -> None:
    assert set(get_args(PriorKind)) == {*catalog(), "none", "several", "spec"}


def test_a_bad_example_line_is_told_and_the_others_count() -> None:
    lines = '{"text": "fine"}\n\n{"txt": "x"}\n{"text": " "}\nnot json\n{"text": "also fine"}\n'
    world = {**minimal_world(), "workspace/examples/payment_recall.jsonl": lines}
    errors = [problem for problem in problems_of(world) if problem.severity == "error"]
    assert sorted({problem.place.line for problem in errors}) == [3, 4, 5]


def test_what_is_quoted_cannot_steer_a_terminal() -> None:
    evil = "\\u001b[31mred\\u202e"
    world = minimal_world(
        fixloop=f'fixloop: 1\n"{evil}": 1\nlanguage: "{evil}"\nengines: {{intent: "{evil}"}}\n',
        intents=f'root: [a, "{evil}"]\nintents: {{a: {{children: [b]}}, "{evil}": {{}}}}\n',
        transfer_failed=(
            "leaf: transfer_failed\nbranches:\n"
            f'  - {{when: {{"{evil}": 1}}, reply: handover}}\n  - {{reply: "{evil}"}}\n'
        ),
    )
    world["workspace/examples/other.jsonl"] = f'{{"text": "x{evil}"}}\n{{"text": "x{evil}"}}\n'
    told = problems_of(world)
    assert len(told) > 4
    assert all((problem.message + problem.mend).isprintable() for problem in told)


PIECES = st.sampled_from(
    ["\n", "  ", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "'", '"', "!x ", "null", "\x00", "\t", "<<: "]
)


@given(st.sampled_from(sorted(minimal_world())), st.integers(0, 2_000), st.integers(0, 30), PIECES)
def test_no_damaged_file_crashes_the_loader(path: str, at: int, gone: int, piece: str) -> None:
    world = minimal_world()
    text = world[path]
    start = at % len(text)
    inspection = inspect_workspace(
        build_snapshot({**world, path: text[:start] + piece + text[start + gone :]})
    )
    assert (inspection.workspace is None) == bool(inspection.errors)
    assert all(problem.place.line > 0 for problem in inspection.problems if problem.place.path in world)
