"""Pushes that try to get past a server, with real git: each is refused by what names itself."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.test_hook import BAD, CASES, GOOD, JUDGE, TREE, WORLD, at
from tests.commands.test_receive import GOVERNED, push, serve
from tests.support.git_worlds import commit_all, run_git

Ways = Callable[[Path], tuple[str, ...]]


@pytest.fixture(autouse=True)
def _ada_pushes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIXLOOP_PUSHER", "ada")


@pytest.fixture
def shared(tmp_path: Path) -> tuple[Path, Path]:
    return serve(tmp_path, GOVERNED)


def refused(shared: tuple[Path, Path], *args: str, **environment: str) -> str:
    """What a push that has to fail says; no branch of the server has moved."""
    server, clone = shared
    refs = run_git(server, "for-each-ref")
    said = push(clone, *args, **environment)
    assert said.returncode and "Traceback" not in said.stderr and "a bug in fixloop" not in said.stderr
    assert run_git(server, "for-each-ref") == refs
    return said.stderr


# --- ways to the protected branch -----------------------------------------------------------------------


def test_another_name_of_the_protected_branch(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    run_git(server, "symbolic-ref", "refs/heads/master", "refs/heads/main")
    run_git(server, "symbolic-ref", "refs/heads/trunk", "refs/heads/master")
    commit_all(clone, BAD)
    assert "main stays where it is" in refused(shared, "origin", "main:master")
    assert "main stays where it is" in refused(shared, "origin", "main:trunk")


def test_a_tag_named_like_the_branch(shared: tuple[Path, Path]) -> None:
    _, clone = shared
    commit_all(clone, BAD)
    assert push(clone, "origin", "HEAD:refs/tags/main").returncode == 0
    assert "regressions" in refused(shared, "origin", "refs/heads/main:refs/heads/main")


def test_a_branch_that_is_named_like_its_full_name(shared: tuple[Path, Path]) -> None:
    """git's own client would not push past such a name; another client may."""
    server, clone = shared
    base = at(clone)
    good = commit_all(clone, GOOD)
    bad = commit_all(clone, BAD)
    assert push(clone, "origin", "HEAD:refs/heads/refs/heads/main", "HEAD:refs/heads/HEAD").returncode == 0
    assert asked(server, f"{base} {good} refs/heads/main").returncode == 0
    said = asked(server, f"{base} {bad} refs/heads/main")
    assert said.returncode and "regressions: " in said.stderr


def asked(server: Path, line: str) -> subprocess.CompletedProcess[str]:
    """What the hook says of one line of a push, whoever sends it."""
    hook = ["hooks/pre-receive"]
    return subprocess.run(hook, cwd=server, input=line + "\n", capture_output=True, text=True, check=False)


def test_a_branch_below_the_protected_one(shared: tuple[Path, Path]) -> None:
    _, clone = shared
    commit_all(clone, BAD)
    refused(shared, "origin", "HEAD:refs/heads/main/next")


def test_deleting_and_making_anew(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    run_git(server, "symbolic-ref", "HEAD", "refs/heads/other")
    commit_all(clone, BAD)
    assert "would be deleted" in refused(shared, "origin", ":refs/heads/main", "HEAD:refs/heads/new")


@pytest.mark.parametrize(
    "option", ["fixloop.allow-judge", "fixloop.allow-judge=", "allow-judge=x", "=", "x\n"]
)
def test_push_options_without_a_reason(shared: tuple[Path, Path], option: str) -> None:
    commit_all(shared[1], JUDGE)
    said = refused(shared, "-o", option, "origin", "main")
    assert "lane: " in said or "push options" in said


def test_another_object_in_the_place_of_one_that_was_judged(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    good = at(clone, f"HEAD:{TREE}")
    bad = run_git(clone, "hash-object", "-w", "--stdin", data=BAD[TREE].encode())
    run_git(clone, "replace", good, bad)
    assert "in the place of those that were judged" in refused(
        shared, "origin", "refs/replace/*:refs/replace/*"
    )
    run_git(clone, "replace", "-d", good)
    # A replacement of the commit that is pushed, which the server would have from elsewhere.
    commit_all(clone, BAD)
    run_git(server, "fetch", "-q", str(clone), "main:refs/heads/idea")
    run_git(server, "replace", at(clone), at(server))
    assert "regressions" in refused(shared)


def test_grafts_of_the_server_change_no_step(shared: tuple[Path, Path]) -> None:
    """A graft that hides the commit between: its step is still judged, with the next one."""
    server, clone = shared
    base = at(clone)
    commit_all(clone, BAD)
    tip = commit_all(clone, {"README.md": "x"})
    (server / "info").mkdir(exist_ok=True)
    (server / "info/grafts").write_text(f"{tip} {base}\n")
    assert "regressions" in refused(shared)


def test_the_first_opens_the_door_in_a_push_of_its_own(shared: tuple[Path, Path]) -> None:
    _, clone = shared
    commit_all(clone, JUDGE)
    assert "lane: " in refused(shared)
    commit_all(clone, {CASES: WORLD[CASES], **BAD})
    assert "lane: " in refused(shared)


def test_a_merge_that_takes_the_other_side(shared: tuple[Path, Path]) -> None:
    _, clone = shared
    run_git(clone, "switch", "-q", "-c", "side")
    commit_all(clone, BAD)
    run_git(clone, "switch", "-q", "main")
    commit_all(clone, GOOD)
    run_git(clone, "switch", "-q", "side")
    run_git(clone, "merge", "-q", "-s", "ours", "-m", "m", "main")
    assert "regressions" in refused(shared, "origin", "side:main")


def test_an_octopus_and_a_subtree(shared: tuple[Path, Path]) -> None:
    _, clone = shared
    for name, files in {"a": {"README.md": "a"}, "b": BAD}.items():
        run_git(clone, "switch", "-q", "-c", name, "main")
        commit_all(clone, files)
    run_git(clone, "switch", "-q", "main")
    run_git(clone, "-c", "core.hooksPath=/dev/null", "merge", "-q", "-m", "octopus", "--no-ff", "a", "b")
    assert "regressions" in refused(shared)
    run_git(clone, "reset", "-q", "--hard", "HEAD^")
    run_git(clone, "switch", "-q", "--orphan", "sub")
    commit_all(clone, {TREE.split("/")[1]: BAD[TREE]})
    run_git(clone, "switch", "-q", "main")
    how = ("-X", "subtree=plan_trees", "-X", "theirs", "--allow-unrelated-histories")
    run_git(clone, "merge", "-q", "-m", "subtree", *how, "sub")
    assert "regressions" in refused(shared)


def test_a_branch_whose_name_is_no_text(shared: tuple[Path, Path]) -> None:
    _, clone = shared
    commit_all(clone, BAD)
    command = ["git", "push", "-q", "origin", os.fsdecode(b"HEAD:refs/heads/caf\xe9"), "main"]
    done = subprocess.run(command, cwd=clone, capture_output=True, check=False)
    assert done.returncode and b"regressions: " in done.stderr and b"bug" not in done.stderr


# --- trees that git would not write ---------------------------------------------------------------------


def tree_of(clone: Path, *entries: tuple[str, str, str]) -> str:
    """A tree object written by hand: (mode, name, object id)."""
    raw = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)
    return run_git(clone, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)


def listed(clone: Path) -> list[tuple[str, str, str]]:
    lines = [line.split() for line in run_git(clone, "ls-tree", "HEAD").splitlines()]
    return [(mode.lstrip("0"), name, oid) for mode, _, oid, name in lines]


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", "..", ".", "evals/plan", "evals", ".g\u200cit"])
def test_trees_that_no_git_writes(shared: tuple[Path, Path], name: str) -> None:
    _, clone = shared
    inner = at(clone, "HEAD:evals")
    tree = tree_of(clone, *listed(clone), ("40000", name, inner))
    commit = run_git(clone, "commit-tree", tree, "-p", "HEAD", "-m", "x")
    assert "fsck error" in refused(shared, "origin", f"{commit}:main")


def test_a_server_that_checks_no_objects_still_refuses_a_path_named_twice(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    run_git(server, "config", "receive.fsckObjects", "false")
    bad = run_git(clone, "hash-object", "-w", "--stdin", data=BAD[TREE].encode())
    above, name = TREE.split("/")
    inner = [line.split() for line in run_git(clone, "ls-tree", f"HEAD:{above}").splitlines()]
    lines = [(mode, file, oid) for mode, _, oid, file in inner]
    twice = tree_of(clone, *lines, ("100644", name, bad))
    tree = tree_of(clone, *(e for e in listed(clone) if e[1] != above), ("40000", above, twice))
    commit = run_git(clone, "commit-tree", tree, "-p", "HEAD", "-m", "x")
    assert f"{TREE} is named twice" in refused(shared, "origin", f"{commit}:main")


# --- the record -----------------------------------------------------------------------------------------

EVENT = {
    "v": 1, "at": "2026-11-01T00:00:00Z", "who": "ada@bank", "event": "approved", "hint": "h-1", "base": "",
    "tree": "", "digest": "", "why": None, "data": {}, "prev": [],
}  # fmt: skip
"""An event with all its fields."""


def event(**changes: object) -> dict[str, str]:
    """One event, under the name of what it holds."""
    from fixloop.hints.ledger import Event

    made = Event.from_json({**EVENT, **changes})
    return {made.path: json.dumps(made.to_json())}


SAID = '{"id": "fb-1", "source": "native", "ticket": {"id": "T-1", "text": "x"}, "outcome": "accepted"}\n'

RECORDS: dict[str, dict[str, str]] = {
    "no JSON": {"ledger/2026-11/ev-1.json": "{"},
    "no event": {"ledger/2026-11/ev-1.json": "[]"},
    "a name of its own": {"ledger/2026-11/ev-0000000000000000.json": json.dumps(EVENT)},
    "doubled": {f"ledger/2026-11/{name}.json": next(iter(event().values())) for name in ("ev-a", "ev-b")},
    "from the future": event(at="2199-01-01T00:00:00Z"),
    "no moment": event(at="someday"),
    "landing of nothing": event(event="landing", data={}),
    "who is no text": event(who=["ada"]),
    "no hint": {"hints/h-1.yaml": "- 1\n"},
    "an empty hint": {"hints/h-1.yaml": ""},
    "a verdict elsewhere": {"verdicts/a-b.json": '{"verdict": "pass", "base": "c", "tree": "d"}'},
    "no verdict": {"verdicts/a-b.json": "null"},
    "damaged feedback": {"feedback/2026-11/x.jsonl": "{}\n"},
    "feedback from the future": {"feedback/2199-01/x.jsonl": SAID},
    "feedback of no month": {"feedback/x.jsonl": SAID},
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_cannot_be_read(shared: tuple[Path, Path], name: str) -> None:
    run_git(shared[1], "switch", "-q", "--orphan", "fixloop/state")
    commit_all(shared[1], RECORDS[name])
    path = next(iter(RECORDS[name]))
    assert f"fixloop/state: {path} " in refused(shared, "origin", "fixloop/state")


def test_a_record_with_links_and_other_repositories(shared: tuple[Path, Path]) -> None:
    _, clone = shared
    commit = at(clone)
    run_git(clone, "switch", "-q", "--orphan", "fixloop/state")
    (clone / "ledger").mkdir()
    (clone / "ledger/link.json").symlink_to("/etc/passwd")
    run_git(clone, "update-index", "--add", "--cacheinfo", f"160000,{commit},ledger/repo")
    run_git(clone, "add", "ledger/link.json")
    run_git(clone, "commit", "-q", "-m", "x")
    said = refused(shared, "origin", "fixloop/state")
    assert "ledger/link.json is no plain file" in said and "ledger/repo is no plain file" in said


def test_a_record_that_is_damaged_already_is_told_and_nothing_lands(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    run_git(clone, "switch", "-q", "--orphan", "fixloop/state")
    commit_all(clone, {"hints/h-1.yaml": "- 1\n"})
    run_git(server, "fetch", "-q", str(clone), "fixloop/state:fixloop/state")
    run_git(clone, "switch", "-q", "main")
    commit_all(clone, GOOD)
    assert "hints/h-1.yaml: not a hint" in refused(shared)


def test_an_honest_event_may_come(shared: tuple[Path, Path]) -> None:
    run_git(shared[1], "switch", "-q", "--orphan", "fixloop/state")
    commit_all(shared[1], event())
    said = push(shared[1], "origin", "fixloop/state")
    assert said.returncode == 0, said.stderr


def test_a_hook_that_gets_nonsense(shared: tuple[Path, Path]) -> None:
    for line in ("x", "a b refs/heads/main", f"{at(shared[1])} {'1' * 40} refs/heads/main"):
        done = asked(shared[0], line)
        assert "Traceback" not in done.stderr
        # A line that is none names no protected branch; the other two ask for objects that are not there.
        assert (done.returncode != 0) == (line != "x")
