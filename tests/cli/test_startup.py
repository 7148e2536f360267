"""`--help` and `--version` load nothing but Typer; a second `eval` or `run` neither YAML nor pydantic."""

import subprocess
import sys
from pathlib import Path

import pytest

from fixloop.cli.app import VERBS, build_app
from tests.support.git_worlds import commit_all, run_git

HEAVY = {"anthropic", "git", "sklearn", "numpy", "scipy", "yaml", "yaml_edit", "jinja2", "pydantic", "rich"}
OURS = {"fixloop.pipeline", "fixloop.workspace", "fixloop.evals", "fixloop.commands", "fixloop.report"}

CODE = """
import sys
from fixloop.__main__ import main
code = main(sys.argv[1:])
print(code, *sorted(sys.modules), file=sys.stderr)
"""


def modules_after(*words: str) -> set[str]:
    """What a fresh process has imported when the command line has ended well."""
    done = subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, check=True)
    code, *names = done.stderr.split()
    assert code == "0", done.stderr
    return set(names)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["merge", "--help"]])
def test_help_and_version_load_nothing_heavy(words: list[str]) -> None:
    assert not modules_after(*words) & (HEAVY | OURS)


def test_the_page_of_verbs_has_the_first_line_of_each_ones_help() -> None:
    group = build_app()
    with group.make_context("fixloop", ["--help"], resilient_parsing=True) as context:
        said = {name: group.get_command(context, name).get_short_help_str(200) for name in VERBS}
    assert said == dict(VERBS)


def test_a_second_eval_reads_neither_yaml_files_nor_schemas(bank: Path) -> None:
    words = ("eval", "--suite", "intent", "--json", "--repo", str(bank))
    modules_after(*words)
    assert not modules_after(*words) & (HEAVY - {"numpy"})


def test_a_second_run_reads_neither_yaml_files_nor_schemas(bank: Path) -> None:
    words = ("run", "--text", "my account is locked", "--json", "--repo", str(bank))
    modules_after(*words)
    assert not modules_after(*words) & {"yaml", "pydantic", "sklearn", "git", "rich"}


def test_a_gate_that_knows_both_sides_loads_no_engine_and_no_schema(bank: Path) -> None:
    tree = (bank / "plan_trees/login_problem.yaml").read_text()
    run_git(bank, "switch", "-q", "-c", "other")
    commit_all(
        bank,
        {
            "plan_trees/login_problem.yaml": tree.replace(
                "{reply: unlock_instructions}", "{reply: unlock_instructions, review: always}"
            )
        },
    )
    words = ("gate", "main", "other", "--json", "--repo", str(bank))
    modules_after(*words)
    assert not modules_after(*words) & HEAVY


def test_a_gate_of_a_new_plan_tree_loads_no_engine_and_no_schema(bank: Path) -> None:
    tree = (bank / "plan_trees/login_problem.yaml").read_text()
    for name in ("known", "new"):
        run_git(bank, "switch", "-q", "-c", name, "main")
        last = f"{{id: {name}, reply: unlock_instructions}}"
        commit_all(
            bank, {"plan_trees/login_problem.yaml": tree.replace("{reply: unlock_instructions}", last)}
        )
    modules_after("gate", "main", "known", "--json", "--repo", str(bank))
    loaded = modules_after("gate", "main", "new", "--json", "--repo", str(bank))
    assert not loaded & (HEAVY - {"yaml", "jinja2"})
