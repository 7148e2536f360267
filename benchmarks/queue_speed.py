"""A hundred approved fixes on the shipped example, landed by one `fixloop merge --passing`.

    python benchmarks/queue_speed.py

34 fixes teach a leaf two examples, 35 add a branch to a plan tree, 29 edit a template's text, 2 change the
weight of a signal. Each brings a case that fails without it; many share a file, a leaf or the fetch weights,
so they cannot all stand in one batch. Timed is the whole process, with nothing kept from an earlier run.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fixloop.adapters.work_tree import read_work_tree
from fixloop.commands.desk import Desk
from fixloop.evals.case import Case
from fixloop.evals.cases import load_cases
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.wiring import EXAMPLE, build_desk
from fixloop.workspace.load import load_workspace
from fixloop.workspace.model import Workspace

TARGET_SECONDS = 60.0
TOP = Path(__file__).resolve().parent.parent
NAMES = ("Brant", "Kelm", "Dorn", "Vesp", "Quill", "Hask", "Lum")
ENDINGS = ("voort", "wick", "aldo", "ising", "ephan")
PEOPLE = ("ann@tidewater.example", "ben@tidewater.example")
KINDS = (("add_example", 34), ("add_branch", 35), ("edit_template", 29), ("set_weight", 2))


def main() -> None:
    """Print how many landed, in what time, by how many verdicts."""
    with tempfile.TemporaryDirectory(prefix="fixloop-bench-") as name:
        folder = Path(name) / "bank"
        make_example(folder)
        hints = make_fixes(folder)
        approve(build_desk(str(folder), lambda _: None), hints)
        began, worked = time.perf_counter(), cpu_of_children()
        result = run_merge(folder)
        took, worked = time.perf_counter() - began, cpu_of_children() - worked
        batches = len({one["judged"] for one in result["merged"]})
        check(folder, result)
    landed, refused = len(result["merged"]), result["refused"]
    targets = {hint.id: hint.target for hint in hints}
    for one in refused:
        print(f"refused       {targets[one['id']]} by {one['check']}: {one['detail']}")
    print(f"merge --passing, {len(hints)} approved fixes, the shipped example, one process")
    print(f"landed        {landed:6d}, a commit each, in {batches} batches")
    print(f"took          {took:6.1f} s; {worked:.1f} s of one core, git included")
    word = "met" if took <= TARGET_SECONDS and landed == len(hints) else "MISSED"
    print(f"target        {len(hints)} land in one run, <= {TARGET_SECONDS:g} s: {word}")


def make_example(folder: Path) -> None:
    """The shipped example in one commit."""
    folder.mkdir()
    for part in EXAMPLE:
        copy = shutil.copytree if (TOP / part).is_dir() else shutil.copyfile
        copy(TOP / part, folder / part)
    git(folder, "init", "-q", "-b", "main")
    for key, value in {"user.name": "Ann", "user.email": PEOPLE[0], "gc.auto": "0"}.items():
        git(folder, "config", key, value)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")


def make_fixes(folder: Path) -> list[Hint]:
    """The hundred."""
    snapshot = read_work_tree(folder)
    workspace, cases = load_workspace(snapshot), list(load_cases(snapshot))
    makers = {
        "add_example": examples(workspace),
        "add_branch": branches(workspace, cases),
        "edit_template": texts(workspace, cases),
        "set_weight": weights(),
    }
    found = []
    for kind, count in KINDS:
        made = [hint for hint, _ in zip(makers[kind], range(count), strict=False)]
        assert len(made) == count, (kind, len(made))
        found += made
    return found


def open_leaves(workspace: Workspace) -> list[str]:
    """The leaves that a fix may reach."""
    return sorted(leaf for leaf, tree in workspace.plan_trees.items() if tree.stability != "frozen")


def examples(workspace: Workspace) -> Iterator[Hint]:
    """A form that customers mention and no example knows yet."""
    for number, leaf in enumerate(open_leaves(workspace)):
        if leaf == "payment_recall":
            continue  # so taught it takes a case of another leaf: the gate refuses that, and rightly
        form = NAMES[number % 7] + ENDINGS[number % 5]
        taught = (f"I have filled in the {form} form", f"here is my {form} form, what happens next")
        yield fix(
            "intent",
            f"workspace/examples/{leaf}.jsonl",
            [Operation("add_example", {"leaf": leaf, "text": text}) for text in taught],
            {"suite": "intent", "text": f"I sent you the {form} form", "expect": leaf},
        )


def branches(workspace: Workspace, cases: Sequence[Case]) -> Iterator[Hint]:
    """Letters in French go to a person where no account is found."""
    for leaf in open_leaves(workspace):
        first = workspace.plan_trees[leaf].branches[0].id or "default"
        when = {"ticket.language": "fr", "fetched.count": 0}
        operation = Operation(
            "add_branch", {"leaf": leaf, "before": first, "branch": {"when": when, "reply": "handover"}}
        )
        case = {"suite": "plan", "leaf": leaf, "records": [], "ticket": {"language": "fr"}}
        yield fix(
            "plan",
            f"plan_trees/{leaf}.yaml",
            [operation],
            {**case, "expect": {"reply": "handover"}},
            [spec_of(one) for one in cases if one.suite == "plan" and one.spec["leaf"] == leaf][:3],
        )


def texts(workspace: Workspace, cases: Sequence[Case]) -> Iterator[Hint]:
    """The first words of a template change; a leaf's own templates only, one a leaf."""
    replying: dict[str, list[Case]] = {}
    for case in cases:
        if case.suite == "plan" and isinstance(case.spec["expect"].get("reply"), str):
            replying.setdefault(case.spec["expect"]["reply"], []).append(case)
    done: set[str] = set()
    for template, found in sorted(replying.items()):
        leaves = {str(one.spec["leaf"]) for one in found}
        text = workspace.templates[template].texts.get("en", "")
        was = " ".join(text.split()[:3])
        if leaves & done or len(leaves) > 1 or "{" in was or text.count(was) != 1:
            continue
        if not leaves <= set(open_leaves(workspace)):
            continue
        done |= leaves
        to = f"From Tidewater Bank: {was}"
        spec = spec_of(found[0])
        spec["expect"] = {"reply": {"template": template, "contains": ["From Tidewater Bank:"]}}
        operation = Operation("edit_template", {"template": template, "language": "en", "was": was, "to": to})
        yield fix("template", f"workspace/templates.yaml#{template}.text.en", [operation], spec)


def weights() -> Iterator[Hint]:
    """One signal a little louder than another that weighs the same; each case has two rows of its own."""
    number, email = {"account_number": "RVT10000"}, {"email": "ada@rill.example"}
    given, family, branch = holder("Ada", "Other"), holder("Bo", "Quist"), {"branch": "Rill"}
    ties = (
        ("account.branch", "branch", 2, 2.5, branch | number, family | email),
        ("people.given_name", "holders.given_name", 5, 6.5, given, number),
    )
    fields = {
        "account": {"branch": ["Rill"], "account_number": ["RVT10000"]},
        "contact": {"email": ["ada@rill.example"]},
        "people": {"given_name": ["Ada"], "family_name": ["Quist"]},
    }
    for name, match, was, to, louder, as_loud in ties:
        rows = [{"account_id": "acc_a", **louder}, {"account_id": "acc_b", **as_loud}]
        signal = {"field": name, "source": "accounts", "match": match}
        yield fix(
            "fetch",
            f"workspace/fetch.yaml#{name}",
            [Operation("set_weight", {"signal": signal, "was": was, "to": to})],
            {
                "suite": "fetch",
                "fields": fields,
                "rows": {"accounts": rows},
                "expect": {"records": ["acc_a"]},
            },
        )


def holder(given: str, family: str) -> dict[str, Any]:
    """An account's holder."""
    return {"holders": [{"given_name": given, "family_name": family}]}


def fix(
    step: str,
    target: str,
    operations: Sequence[Operation],
    case: Mapping[str, Any],
    near_misses: Sequence[Mapping[str, Any]] = (),
) -> Hint:
    """A hint with one case."""
    return Hint(
        step=step,
        kind=operations[0].op,
        target=target,
        summary=f"{operations[0].op} at {target}",
        evidence=("fb-0000000000000001",),
        operations=tuple(operations),
        cases=(case,),
        near_misses=tuple(near_misses),
    ).named_cases()


def spec_of(case: Case) -> dict[str, Any]:
    """A case as a hint carries it, without its id."""
    return {"suite": case.suite, **{key: value for key, value in case.spec.items() if key != "id"}}


def approve(desk: Desk, hints: Sequence[Hint]) -> None:
    """Two people approve: some leaves are guarded."""
    first, second = (desk.ground(who) for who in PEOPLE)
    events = [first.event("proposed", hint, digest=hint.digest) for hint in hints]
    events += [first.event("approved", hint, digest=hint.digest) for hint in hints]
    first.record(events, "hints", hints=list(hints))
    second.record([second.event("approved", hint, digest=hint.digest) for hint in hints], "again")


def run_merge(folder: Path) -> dict[str, Any]:
    """The whole command in a fresh process."""
    command = [sys.executable, "-m", "fixloop", "merge", "--passing", "--json", "--repo", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if not done.stdout:
        raise SystemExit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def cpu_of_children() -> float:
    """Seconds of a core that ended processes of ours have used: on a busy machine, the fairer figure."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def check(folder: Path, result: Mapping[str, Any]) -> None:
    """A commit a fix, one on the other, and the checkout came along."""
    merged = [one["commit"] for one in result["merged"]]
    made = git(folder, "rev-list", "--reverse", "--first-parent", "main").splitlines()[1:]
    assert made == merged, (len(made), len(merged))
    assert git(folder, "status", "--porcelain") == ""


def git(folder: Path, *args: str) -> str:
    """One git command."""
    done = subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


if __name__ == "__main__":
    main()
