"""What git itself offers to get past a gate: modes, names, attributes, replaced objects, moved refs."""

from pathlib import Path

import pytest

from fixloop.adapters.git_repository import open_repository
from fixloop.commands.decide import approve
from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.commands.merge import merge
from fixloop.errors import BadInput
from fixloop.gate.lanes import lane_of
from fixloop.gate.names import is_gits_own
from fixloop.hints.store import render_hint
from fixloop.ports.git import NewCommit
from tests.attacks.world import INTENT, TRANSFER, WORLD, attack, defended, refusals, shown
from tests.commands.test_hook import BAD, CASES, GOOD, TREE, at, branch_with, install, try_git
from tests.commands.test_hook import WORLD as HOOKED
from tests.commands.test_merge_queue import three_fixes
from tests.support.fixes import approve_fixes, ask_which
from tests.support.git_worlds import commit_all, make_repo, run_git
from tests.support.loop import desk_of

BENT = WORLD[TRANSFER].replace("transfer_help", "handover")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return defended(tmp_path)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = make_repo(tmp_path, HOOKED)
    install(folder)
    return folder


# --- modes ----------------------------------------------------------------------------------------------


def odd(desk: Desk, mode: str, path: str, oid: str) -> list[str]:
    """What the gate says of a branch that has an entry of this mode at a path."""
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    if path in ("evals", "plan_trees", "workspace", "fixloop.yaml"):
        run_git(desk.folder, "rm", "-q", "-r", "--cached", path)
    run_git(desk.folder, "update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
    run_git(desk.folder, "commit", "-q", "--allow-empty", "-m", "odd")
    run_git(desk.folder, "checkout", "-q", "-f", "main")
    verdict = gate(desk_of(desk.folder), "main", "work").verdict
    assert "Traceback" not in shown(verdict)
    return refusals(verdict)


@pytest.mark.parametrize(
    "path",
    [TRANSFER, INTENT, "evals/plan/new.yaml", "workspace/new.yaml", "evals", "plan_trees", "fixloop.yaml"],
)
def test_a_link_where_fixloop_reads(desk: Desk, path: str) -> None:
    target = run_git(desk.folder, "hash-object", "-w", "--stdin", data=b"/etc/passwd")
    assert "structure" in odd(desk, "120000", path, target)


@pytest.mark.parametrize("path", ["plan_trees/sub", "evals/plan", "evals", "workspace/engines"])
def test_a_submodule_where_fixloop_reads(desk: Desk, path: str) -> None:
    if path == "evals/plan":
        path = "evals/sub"
    assert "structure" in odd(desk, "160000", path, at(desk.folder))


def test_a_repository_inside_the_repository(desk: Desk) -> None:
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    inner = desk.folder / "plan_trees/inner"
    inner.mkdir()
    run_git(inner, "init", "-q")
    run_git(inner, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "--allow-empty", "-m", "x")
    run_git(desk.folder, "-c", "advice.addEmbeddedRepo=false", "add", "plan_trees/inner")
    run_git(desk.folder, "commit", "-q", "-m", "nested")
    assert "structure" in refusals(gate(desk_of(desk.folder), "main", "work").verdict)


def test_a_submodule_that_asks_to_be_ignored(desk: Desk) -> None:
    run_git(desk.folder, "config", "diff.ignoreSubmodules", "all")
    commit_all(
        desk.folder, {".gitmodules": '[submodule "s"]\n path = plan_trees/s\n url = x\n ignore = all\n'}
    )
    assert "structure" in odd(desk, "160000", "plan_trees/s", at(desk.folder))


# --- names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "plan_trees/Transfer_Failed.yaml",
        "plan_trees/transfer_failed.yaml.",
        "plan_trees/transfer_failed.yaml ",
        "plan_trees/transfer_failed.yaml::$DATA",
        "plan_trees/transfer\u200c_failed.yaml",
        "evals/plan/BASE.yaml",
    ],
)
def test_a_name_that_some_file_system_takes_for_another(desk: Desk, path: str) -> None:
    verdict = attack(desk, {path: WORLD[TRANSFER]})
    assert "structure" in refusals(verdict) and "to a file system that folds names" in shown(verdict)


@pytest.mark.parametrize(
    "path",
    [
        "FixLoop.yaml", "Workspace/templates.yaml", "PLAN_TREES/transfer_failed.yaml", "Evals/plan/base.yaml",
        ".GitHub/workflows/gate.yml", ".GITATTRIBUTES", "docs/.GitAttributes", "plan_trees./x.yaml",
        "workspace\\templates.yaml", "work\u200bspace/templates.yaml", "ｗorkspace/templates.yaml",
    ],
)  # fmt: skip
def test_a_look_alike_of_what_fixloop_reads_decides(desk: Desk, path: str) -> None:
    assert lane_of(path, True) != "neutral"
    assert refusals(attack(desk, {path: "x: 1\n"}))[0] in ("structure", "lane")


@pytest.mark.parametrize(
    "path",
    ["plan_trees/.git/x", "plan_trees/.GIT/x", "evals/git~1", "a/../b", "./a", "/etc/x", ".g\u200cit/x",
     ".git./x", ".git::$INDEX_ALLOCATION/x", "a\\..\\..\\x"],
)  # fmt: skip
def test_names_that_lead_into_gits_own_folder_or_out(path: str) -> None:
    assert is_gits_own(path)


def test_honest_names_are_let_alone() -> None:
    for path in (
        "plan_trees/a.yaml",
        ".gitlab-ci.yml",
        ".gitignore",
        "a/.github/x",
        "x/digit~1",
        "evals/é.yaml",
    ):
        assert not is_gits_own(path)
    assert [lane_of(p, True) for p in ("README.md", "docs/Evals.md", "src/Workspace/x.py")] == ["neutral"] * 3


def test_the_hook_asks_about_a_look_alike_too(repo: Path) -> None:
    branch_with(repo, "topic", {"Plan_Trees/transfer_failed.yaml": BAD[TREE]})
    assert "lane: " in try_git(repo, "merge", "--ff-only", "topic")


# --- attributes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [".gitattributes", "plan_trees/.gitattributes", "docs/deep/.gitattributes"])
def test_attributes_decide_how_files_merge(desk: Desk, path: str) -> None:
    assert "lane" in refusals(attack(desk, {path: "*.yaml merge=union filter=x -diff\n"}))


def test_a_filter_of_this_machine_changes_nothing_of_what_is_judged(repo: Path) -> None:
    """What is committed is what the filter makes of a file: that is judged, not what lies in the checkout."""
    run_git(repo, "config", "filter.bend.clean", "sed s/transfer_help/handover/")
    (repo / ".git/info").mkdir(exist_ok=True)
    (repo / ".git/info/attributes").write_text("plan_trees/* filter=bend\n")
    (repo / TREE).write_text(GOOD[TREE])
    run_git(repo, "add", TREE)
    assert "regressions" in try_git(repo, "commit", "-q", "-m", "harmless")


def test_a_merge_driver_of_this_machine_changes_nothing_of_what_is_judged(repo: Path) -> None:
    branch_with(repo, "topic", GOOD)
    commit_all(repo, {TREE: HOOKED[TREE] + "# a note\n"})
    (repo / "bad").write_text(BAD[TREE])
    run_git(repo, "config", "merge.bend.driver", f"cp {repo}/bad %A")
    (repo / ".git/info").mkdir(exist_ok=True)
    (repo / ".git/info/attributes").write_text("plan_trees/* merge=bend\n")
    assert "regressions" in try_git(repo, "merge", "-q", "-m", "m", "topic")


# --- objects and names of commits -----------------------------------------------------------------------


def test_a_replaced_object_is_judged_as_what_it_is(repo: Path) -> None:
    topic = branch_with(repo, "topic", BAD)
    bad = at(repo, f"topic:{TREE}")
    good = at(repo, f"main:{TREE}")
    run_git(repo, "replace", bad, good)
    assert "regressions" in try_git(repo, "update-ref", "refs/heads/main", topic)
    run_git(repo, "replace", "-d", bad)
    run_git(repo, "replace", topic, at(repo))
    assert "regressions" in try_git(repo, "update-ref", "refs/heads/main", topic)


def test_a_graft_and_an_alternate_change_no_answer(repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    run_git(tmp_path, "clone", "-q", str(repo), str(other))
    for key, value in {"user.name": "Eve", "user.email": "eve@example.org"}.items():
        run_git(other, "config", key, value)
    bad = commit_all(other, BAD)
    (repo / ".git/objects/info").mkdir(exist_ok=True)
    (repo / ".git/objects/info/alternates").write_text(f"{other}/.git/objects\n")
    (repo / ".git/info").mkdir(exist_ok=True)
    (repo / ".git/info/grafts").write_text(f"{bad}\n")
    assert "regressions" in try_git(repo, "update-ref", "refs/heads/main", bad)


@pytest.mark.parametrize("name", ["main", "origin/main", "heads/main"])
def test_a_tag_that_is_named_like_a_branch(desk: Desk, name: str) -> None:
    """git takes the tag; a change would be compared with itself."""
    run_git(desk.folder, "update-ref", "refs/remotes/origin/main", at(desk.folder))
    run_git(desk.folder, "checkout", "-q", "-b", "work")
    commit_all(desk.folder, {TRANSFER: BENT})
    run_git(desk.folder, "checkout", "-q", "main")
    run_git(desk.folder, "tag", name, "work")
    with pytest.raises(BadInput, match="more than one thing"):
        gate(desk_of(desk.folder), name, "work")
    assert refusals(gate(desk_of(desk.folder), "refs/heads/main", "work").verdict) == ["regressions"]


def test_a_tag_that_is_named_like_a_commit(desk: Desk) -> None:
    run_git(desk.folder, "checkout", "-q", "-b", "work")
    bent = commit_all(desk.folder, {TRANSFER: BENT})
    run_git(desk.folder, "checkout", "-q", "main")
    run_git(desk.folder, "update-ref", f"refs/tags/{bent}", "main")
    assert refusals(gate(desk_of(desk.folder), "refs/heads/main", bent).verdict) == ["regressions"]


def test_a_tree_out_of_order_hides_no_change(desk: Desk) -> None:
    """A path that such a tree lists late looks new; it is a case that was changed."""
    lines = [line.split() for line in run_git(desk.folder, "ls-tree", "main:evals/plan").splitlines()]
    blob = run_git(desk.folder, "hash-object", "-w", "--stdin", data=b"[]\n")
    late = [("100644", "zz.yaml", blob), *((mode, name, blob) for mode, _, _, name in lines)]
    raw = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in late)
    tree = run_git(desk.folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)
    found = open_repository(desk.folder).changed_paths(at(desk.folder, "main:evals/plan"), tree)
    before, after = found["base.yaml"]
    assert before and after and after.oid == blob


# --- hooks that the branch would rather not have --------------------------------------------------------


def test_no_file_of_a_branch_is_configuration(repo: Path) -> None:
    turned_off = "[core]\n\thooksPath = /dev/null\n[fixloop]\n\tprotected = other\n"
    for path in (".gitconfig", "config", ".config/git/config", "hooks/reference-transaction"):
        commit_all(repo, {path: turned_off})
    branch_with(repo, "topic", BAD)
    assert "regressions" in try_git(repo, "merge", "--ff-only", "topic")


def test_an_alias_of_the_protected_branch(repo: Path) -> None:
    bad = branch_with(repo, "topic", BAD)
    run_git(repo, "symbolic-ref", "refs/heads/trunk", "refs/heads/main")
    assert "regressions" in try_git(repo, "update-ref", "refs/heads/trunk", bad)
    run_git(repo, "checkout", "-q", "trunk")
    assert "regressions" in try_git(repo, "merge", "--ff-only", "topic")


def test_a_branch_that_brings_a_hook_is_stopped_by_the_next_one(tmp_path: Path) -> None:
    """With core.hooksPath inside the tree a checkout changes the hooks: only a server is past its reach."""
    repo = make_repo(tmp_path, HOOKED)
    run_git(repo, "config", "core.hooksPath", "tools/hooks")
    installed = install(repo)
    assert any("any branch can change the hooks" in note for note in installed.notes)


# --- evaluated at one tree, merged at another ------------------------------------------------------------


def test_a_judged_commit_that_is_amended_is_judged_again(repo: Path) -> None:
    branch_with(repo, "topic", GOOD)
    run_git(repo, "merge", "-q", "--ff-only", "topic")
    (repo / TREE).write_text(BAD[TREE])
    assert "regressions" in try_git(repo, "commit", "-q", "-a", "--amend", "--no-edit")


def test_a_base_that_moved_after_the_verdict_is_another_question(repo: Path) -> None:
    """A tree that passed on one base says nothing of the same tree on another."""
    topic = branch_with(repo, "topic", GOOD)
    run_git(repo, "merge", "-q", "--ff-only", "topic")
    case = HOOKED[CASES].replace("plan-1", "plan-9")
    moved = commit_all(repo, {"evals/plan/more.jsonl": case})
    said = try_git(repo, "reset", "-q", "--hard", topic)
    assert "main stays where it is\nlane: " in said and at(repo) == moved


def test_of_two_moves_at_once_one_lands(repo: Path) -> None:
    good = branch_with(repo, "topic", GOOD)
    old = at(repo)
    other = run_git(repo, "commit-tree", "-p", old, "-m", "x", f"{old}^{{tree}}")
    run_git(repo, "update-ref", "refs/heads/main", other, old)
    said = try_git(repo, "update-ref", "refs/heads/main", good, old)
    assert "but expected" in said and at(repo) == other


def test_operations_edited_on_record_after_the_approval(desk: Desk) -> None:
    """A record that was rewritten: the file of an approved hint holds another fix."""
    approved, other = three_fixes()[0], three_fixes()[1]
    approve_fixes(desk, approved)
    repository = open_repository(desk.folder)
    tip = at(desk.folder, "fixloop/state")
    edits = {f"hints/{approved.id}.yaml": render_hint(other)}
    repository.commit([NewCommit("refs/heads/fixloop/state", tip, edits, "x", expect=tip)])
    before = at(desk.folder)
    assert not merge(desk_of(desk.folder), (), passing=True).merged
    assert at(desk.folder) == before


def test_one_person_under_two_spellings_is_one_person(desk: Desk) -> None:
    hint = ask_which()
    guarded = WORLD["plan_trees/login_problem.yaml"]
    commit_all(desk.folder, {"plan_trees/login_problem.yaml": guarded + "stability: guarded\n"})
    approve_fixes(desk, hint)
    for who in ("ann@bank", "\u0430nn@bank", "ann\u200b@bank", "Ann@Bank"):
        approve(desk_of(desk.folder), [hint.id], who)
    (refused,) = merge(desk_of(desk.folder), [hint.id]).refused
    assert refused.check == "identity"
