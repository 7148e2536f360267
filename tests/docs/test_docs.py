"""What the docs say holds: examples are read by the real readers, lists are complete, links lead on."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import fixloop
from fixloop.adapters.work_tree import read_work_tree
from fixloop.cli.app import build_app
from fixloop.errors import Place
from fixloop.evals.case_files import read_case_file
from fixloop.evals.cases import inspect_cases
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.feedback.incoming import Incoming
from fixloop.feedback.model import REASONS
from fixloop.feedback.sources import native
from fixloop.fixes.apply import parse_operations
from fixloop.fixes.catalog import catalog
from fixloop.hints.ledger import STATUS_AFTER, WHY_CODES
from fixloop.hints.model import Hint
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.ticket import parse_ticket_line
from fixloop.ports.cache import NoCache
from fixloop.workspace import file_parts, files, schema
from fixloop.workspace.load import inspect_workspace, load_workspace
from fixloop.workspace.model import GATE_CHECKS, Problem
from fixloop.workspace.plan_tree import parse_condition
from fixloop.workspace.snapshot import MemorySnapshot
from fixloop.workspace.template_uses import FILTERS
from fixloop.workspace.yaml_source import parse_yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
OURS = (
    "workspace.md", "cases.md", "feedback.md", "hints.md", "gate.md", "commands.md", "differences.md",
    "reports.md",
)  # fmt: skip


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


# --- fenced examples ------------------------------------------------------------------------------------

_FENCE = re.compile(r"^```(?P<kind>\w+)(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """A fenced block that stands for a file; `variant` is one beside the page's main workspace."""

    page: str
    path: str
    variant: str
    body: str


def examples(name: str) -> Iterator[Example]:
    for found in _FENCE.finditer(page(name)):
        info = dict(part.split("=", 1) for part in found["info"].split() if "=" in part)
        if "file" in info:
            yield Example(name, info["file"], info.get("example", ""), found["body"])


EXAMPLES = [example for name in PAGES for example in examples(name)]
_PARTS: Mapping[str, Any] = {
    file_parts.CONFIG: files.config_part,
    file_parts.INTENTS: files.intents_part,
    file_parts.EXTRACTION: files.extraction_part,
    file_parts.FETCH: files.fetch_part,
    file_parts.TEMPLATES: files.templates_part,
    file_parts.TOOLS: files.tools_part,
}


def problems_of(example: Example) -> list[object]:
    path, data = example.path, example.body.encode()
    if path in _PARTS:
        return list(_PARTS[path](path, data).problems)
    if path.startswith("plan_trees/"):
        return list(file_parts.plan_tree_part(path, data).problems)
    if path.startswith("workspace/examples/"):
        return list(file_parts.examples_part(path, data).problems)
    if path.startswith("workspace/records/"):
        return list(file_parts.rows_part(path, data).problems)
    if path.startswith("evals/"):
        return list(read_case_file(path.split("/")[1], path, data).problems)
    if path.startswith("hints/"):
        hint = Hint.from_json(parse_yaml(path, data).value)
        parse_operations(hint.operations)
        return [] if path == f"hints/{hint.id}.yaml" else [f"this hint's id is {hint.id}"]
    if path.startswith("feedback"):
        return [row for row in native.read(BytesIO(data)) if not isinstance(row, Incoming)]
    if path.startswith("tickets"):
        return [parse_ticket_line(line) for line in data.splitlines() if not line]
    return [] if path.endswith(".py") else [f"no reader for {path}"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.page}:{one.path}:{one.variant}")
def test_every_file_example_is_read_by_the_real_reader(example: Example) -> None:
    assert problems_of(example) == []


def test_the_pages_of_formats_have_file_examples() -> None:
    assert {"workspace.md", "cases.md", "feedback.md", "hints.md"} <= {one.page for one in EXAMPLES}


@pytest.mark.parametrize("name", PAGES)
def test_every_json_block_is_json(name: str) -> None:
    for found in _FENCE.finditer(page(name)):
        if found["kind"] == "json":
            json.loads(found["body"])


def test_every_condition_of_the_operators_section_is_one() -> None:
    [block] = [one["body"] for one in _FENCE.finditer(page("workspace.md")) if "conditions" in one["info"]]
    for line in block.splitlines():
        assert parse_condition(parse_yaml("docs", line.encode()).value["when"]) is not None


# --- workspace.md ---------------------------------------------------------------------------------------


def documented_workspace(variant: str = "") -> dict[str, bytes]:
    return {
        one.path: one.body.encode()
        for one in examples("workspace.md")
        if one.variant == variant and one.path.startswith(("fixloop.yaml", "workspace/", "plan_trees/"))
    }


def test_the_examples_of_the_workspace_page_are_a_workspace() -> None:
    inspection = inspect_workspace(MemorySnapshot(documented_workspace()))
    assert inspection.errors == ()
    assert inspection.workspace is not None


def test_the_documented_defaults_are_the_defaults() -> None:
    written = schema.ConfigFile.model_validate(
        parse_yaml("fixloop.yaml", documented_workspace()["fixloop.yaml"]).value
    )
    assert written.model_copy(update={"fallback": None}) == schema.ConfigFile(fixloop=1)


INTENTS, FETCH, TREE = file_parts.INTENTS, file_parts.FETCH, "plan_trees/account_locked.yaml"
ACCOUNTS, TAUGHT = "workspace/records/accounts.jsonl", "workspace/examples/account_locked.jsonl"
NUMBER = r"'\b[A-Z]{3,4}[0-9O]{4,5}\b'"
SECOND = "  - {when: {fetched.count: {gt: 1}}, reply: ask_which_account}\n"
WRONG = [
    ("fixloop.yaml", "never", "allways", '`policy.auto_merge` must be `never` or `low_risk`, not "allways"'),
    ("fixloop.yaml", "reply: handover", "reply: hand_over", "there is no template `hand_over`"),
    ("fixloop.yaml", "intent: examples", "intent: sample", "there is no intent engine `sample`"),
    ("fixloop.yaml", "language: en", "langauge: en", "unknown key `langauge`"),
    (INTENTS, "[account_locked, two", "[acount_locked, two", "there is no intent `acount_locked`"),
    (INTENTS, "{root:", "{account_locked:", "`account_locked` is a leaf: no threshold can be set for it"),
    (INTENTS, "root: 0.05", "root: 30", "the threshold of `root` must be between 0 and 1, not 30.0"),
    (
        INTENTS,
        "description: The card itself is blocked.",
        "children: [card_services]",
        "the intents go in a circle: card_services → card_blocked → card_services",
    ),
    (INTENTS, "[card_blocked, acc", "[acc", "no parent reaches the leaf `card_blocked`"),
    (
        "workspace/examples/account_lock.jsonl",
        "",
        '{"text": "x"}',
        "examples for `account_lock`, which is no leaf",
    ),
    (
        "workspace/examples/account_access.jsonl",
        "",
        '{"text": "x"}',
        "`account_access` is a parent; what fits none of its children goes to `account_access.other.jsonl`",
    ),
    (TAUGHT, '{"text": "My account has been locked"}', '{"txt": "locked"}', "unknown key `txt`"),
    (
        "workspace/examples/card_blocked.jsonl",
        "",
        '{"text": "My account has been locked"}',
        '"My account has been locked" is an example of `card_blocked` and, at ',
    ),
    (
        file_parts.EXTRACTION,
        NUMBER,
        r"'(\w+\s?)+x'",
        "repeats something that repeats without limit, so a text could keep it busy for hours",
    ),
    (file_parts.EXTRACTION, NUMBER, "'(a)(b)'", "has 2 groups; at most one may capture"),
    (file_parts.EXTRACTION, "accounts.branch", "acounts.branch", "there is no source `acounts`"),
    (file_parts.EXTRACTION, "accounts.branch", "accounts.brunch", "`accounts` has no column `brunch`"),
    (FETCH, "source: accounts, match: branch", "source: acounts, match: branch", "no source `acounts`"),
    (FETCH, "match: branch,", "match: branche,", "`accounts` has no column `branche`"),
    (
        FETCH,
        "match: holders.given_name",
        "match: holders.given",
        "no row of `accounts` has `given` in `holders`",
    ),
    (FETCH, "field: account.account_number", "field: account.number", "there is no field `account.number`"),
    (
        FETCH,
        "kind: jsonl\n    path: workspace/records/accounts",
        "kind: http\n    path: workspace/records/accounts",
        "the source `accounts` is of kind `http`: this version reads jsonl only",
    ),
    (ACCOUNTS, '"fee_refunds": 0', '"fee_refunds": "0"', '`fee_refunds` must be a number, not "0"'),
    (
        ACCOUNTS,
        '0800 1234"}',
        '0800 1234"}\n{"account_id": "acc_002", "hotline": "0800 9999"}',
        '`accounts` has a second row with `account_id` "acc_002"',
    ),
    (
        FETCH,
        "threshold: 4",
        "threshold: 40",
        "no record can reach the threshold 40: all weights together are 15",
    ),
    (TREE, "  - {reply: unlock_instructions}\n", "", "no default branch"),
    (TREE, "record.fraud_flag", "record.fraud_flg", "there is nothing at `record.fraud_flg`"),
    (
        TREE,
        "{record.fraud_flag: true}",
        '{record.fraud_flag: "true"}',
        '`record.fraud_flag` holds booleans and is never "true"',
    ),
    (
        TREE,
        "{record.fraud_flag: true}",
        "{record.fraud_flag: true, fields.card.card_type: girocrad}",
        '`fields.card.card_type` is never "girocrad"',
    ),
    (
        TREE,
        SECOND,
        "",
        "`unlock_instructions` uses `record.hotline`, but this branch can be reached with several records",
    ),
    (TREE, "reply: security_escalation", "reply: security_escalaton", "no template `security_escalaton`"),
    (TREE, "reason: fraud_flag", "reason: fraud", 'the argument `reason` cannot be "fraud"'),
    (TREE, "{gt: 1}", "{more: 1}", "unknown operator `more`"),
    (file_parts.TEMPLATES, "hotline }} an", "hotlin }} an", "there is nothing at `record.hotlin`"),
    (file_parts.TEMPLATES, "hotline }} an", "hotline.upper() }} an", "calls not allowed here"),
    (file_parts.TEMPLATES, "hotline }} an", "hotline | md5 }} an", "there is no filter `md5`"),
    (
        file_parts.TEMPLATES,
        "{en: More than one account fits. Please send us its number., de",
        "{de",
        "`ask_which_account` has no text in `en`",
    ),
    (
        file_parts.TEMPLATES,
        "de: Mehrere",
        "ed: Mehrere",
        "`ed` stands in the template `ask_which_account` alone",
    ),
    (TREE, SECOND, "", "nothing uses the template "),
]


@pytest.mark.parametrize(("path", "was", "to", "says"), WRONG)
def test_check_says_what_the_page_says_it_says(path: str, was: str, to: str, says: str) -> None:
    assert says in page("workspace.md")
    workspace = documented_workspace()
    before = workspace.get(path, b"").decode()
    assert was in before, "the page's example has changed"
    workspace[path] = (before.replace(was, to) if was else to + "\n").encode()

    found = inspect_workspace(MemorySnapshot(workspace)).problems

    assert any(says in told(problem) for problem in found), [told(problem) for problem in found]


def told(problem: Problem) -> str:
    return f"{problem.message} → {problem.mend}"


def test_every_key_of_the_workspace_files_is_on_the_page() -> None:
    models = (
        schema.EnginesFile, schema.GateFile, schema.PolicyFile, schema.ConfigFile, schema.IntentFile,
        schema.IntentsFile, schema.ExampleLine, schema.FieldFile, schema.SourceFile, schema.SignalFile,
        schema.FetchFile, schema.TemplateFile, schema.ToolFile, schema.CallFile, schema.BranchFile,
        schema.PlanTreeFile,
    )  # fmt: skip
    keys = {key for model in models for key in model.model_fields}
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", page("workspace.md"))] == []


def test_every_filter_of_templates_is_on_the_page() -> None:
    assert [name for name in sorted(FILTERS) if not re.search(rf"\b{name}\b", page("workspace.md"))] == []


def test_the_engine_on_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [engine] = [one for one in examples("workspace.md") if one.path.endswith(".py")]
    assert len([line for line in engine.body.splitlines() if line.strip()]) <= 10
    (tmp_path / engine.path).write_text(engine.body, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    workspace = load_workspace(MemorySnapshot({**documented_workspace(), **documented_workspace("engine")}))
    tickets = [one.body for one in examples("workspace.md") if one.path == "tickets.jsonl"]

    try:
        proposals = compile_pipeline(workspace, NoCache()).propose(
            [parse_ticket_line(line) for line in "".join(tickets).encode().splitlines()]
        )
    finally:
        sys.modules.pop(Path(engine.path).stem, None)

    assert [one.leaf for one in proposals] == ["account_locked", "account_locked"]
    assert [one.failure for one in proposals] == [None, None]


# --- cases.md -------------------------------------------------------------------------------------------


def test_the_cases_on_the_page_fit_the_shipped_bank_and_pass() -> None:
    """All but what the classifier answers: it is tuned by its own cases, and a page should not hold it."""
    bank = {path: data for path, data in read_work_tree(ROOT).files.items() if not path.startswith("evals/")}
    snapshot = MemorySnapshot({**bank, **{one.path: one.body.encode() for one in examples("cases.md")}})
    workspace = load_workspace(snapshot)
    inspection = inspect_cases(snapshot, workspace)
    assert inspection.problems == ()

    report = evaluate(compile_pipeline(workspace, NoCache()), inspection.cases)

    wrong = [(one.id, one.got) for one in report if one.outcome != PASS and one.step != "intent"]
    assert wrong == []


# --- lists that must be complete ------------------------------------------------------------------------


def commands() -> dict[str, Any]:
    group: Any = build_app()
    return {name: group.get_command(None, name) for name in group.list_commands(None)}


def options(command: Any) -> set[str]:
    inner = list(getattr(command, "commands", {}).values())
    own = {word for param in command.params for word in param.opts if word.startswith("--")}
    return own.union(*(options(one) for one in inner)) - {"--help"}


COMMANDS = commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    text = page("commands.md")
    told = section(text, name)
    assert told, f"docs/commands.md has no section about {name}"
    everywhere = {"--json", "--repo"}
    assert [one for one in sorted(options(COMMANDS[name]) - everywhere) if f"`{one}" not in told] == []


def verbs(name: str, command: Any) -> Iterator[tuple[str, set[str]]]:
    """A command's own words, each with its options: those of a group are `hook install` and the like."""
    inner = getattr(command, "commands", {})
    for word, one in inner.items():
        yield from verbs(f"{name} {word}", one)
    if not inner:
        yield name, options(command)


def test_every_command_can_be_asked_from_anywhere_and_by_a_program() -> None:
    told = [one for name, command in COMMANDS.items() for one in verbs(name, command)]
    assert [name for name, own in told if "--repo" not in own] == ["demo"]
    assert [name for name, own in told if "--json" not in own] == ["review"]


def test_no_command_is_documented_that_is_not_there() -> None:
    spoken = {
        (name, verb)
        for name in OURS
        for verb in re.findall(r"(?:`|^)fixloop ([a-z]+)\b", page(name), re.MULTILINE)
    }
    assert [one for one in sorted(spoken) if one[1] not in COMMANDS] == []


def test_no_message_names_a_command_that_is_not_there() -> None:
    source = Path(fixloop.__file__).parent
    words = re.compile(r'(?:mend=f?"[^"\n]*|next\(f?"|`)(?<!install )fixloop ([a-z]+)')
    told = {
        (path.relative_to(source).as_posix(), verb)
        for path in source.rglob("*.py")
        for verb in words.findall(path.read_text("utf-8"))
    }
    assert len(told) > 30
    assert [one for one in sorted(told) if one[1] not in COMMANDS] == []


def test_every_command_is_in_the_table_of_the_readme() -> None:
    if not README.exists():
        pytest.skip("README.md is not written yet: its table of commands cannot be compared")
    rows = "\n".join(line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("|"))
    assert [name for name in COMMANDS if not re.search(rf"`(?:fixloop )?{name}\b", rows)] == []


@pytest.mark.parametrize("check", GATE_CHECKS)
def test_every_gate_check_has_its_row(check: str) -> None:
    assert f"\n| `{check}` |" in page("gate.md")


@pytest.mark.parametrize("op", catalog())
def test_every_operation_has_its_row_with_its_arguments(op: str) -> None:
    [row] = [line for line in page("hints.md").splitlines() if line.startswith(f"| `{op}` | ")][-1:]
    said = row.split("|")[2]
    arguments = [one for one, kind in catalog()[op].model_fields.items() if kind.is_required()]
    assert [one for one in arguments if not re.search(rf"\b{one}\b", said)] == []


def test_every_status_reason_and_key_of_a_hint_is_on_its_page() -> None:
    hints, feedback = page("hints.md"), page("feedback.md")
    statuses = set(STATUS_AFTER.values())
    assert [one for one in (*sorted(statuses), *WHY_CODES) if f"`{one}`" not in hints] == []
    assert [one for one in REASONS if f"| `{one}` |" not in feedback] == []
    keys = {one.name.rstrip("_") for one in fields(Hint)}
    [file] = [one.body for one in examples("hints.md")]
    assert [key for key in sorted(keys) if not re.search(rf"^{key}:", file, re.MULTILINE)] == []


# --- links and words ------------------------------------------------------------------------------------

_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def links(name: str) -> list[str]:
    prose = _FENCE.sub("", page(name))
    return [target for target in _LINK.findall(prose) if "://" not in target]


@pytest.mark.parametrize("name", PAGES)
def test_relative_links_resolve(name: str) -> None:
    for target in links(name):
        path, _, anchor = target.partition("#")
        to = (DOCS / name).parent / path if path else DOCS / name
        assert to.exists(), f"{name} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors(to.read_text(encoding="utf-8")), f"{name} links to {target}"


_ABSOLUTE = re.compile(r"(?<![\w.~<>{}*`\])$'\"-])/(?!bin/sh\b|dev/null\b|usr/bin/env\b)[a-z]+/[\w.]")
_HOST = re.compile(r"\b(?:[\w-]+\.)+(?:org|com|io|dev|net|internal)\b")
_HOSTS = frozenset({"semver.org"})
_WORKSHOP = re.compile(r"\b(?:agent|assistant|chatbot|helper|session)s?\b", re.IGNORECASE)


@pytest.mark.parametrize("name", PAGES)
def test_no_line_names_a_machine_a_host_or_how_it_was_written(name: str) -> None:
    found = []
    for number, line in enumerate(page(name).splitlines(), 1):
        hosts = set(_HOST.findall(line)) - _HOSTS
        if _ABSOLUTE.search(line) or hosts or _WORKSHOP.search(line):
            found.append(str(Place(f"docs/{name}", number)) + f": {line}")
    assert found == []
