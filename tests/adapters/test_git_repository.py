import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixloop.adapters.git_process import clean_environment, refusal, require_version
from fixloop.adapters.git_repository import GitRepository, open_repository
from fixloop.errors import BadInput, EnvironmentLacks, RefMoved
from fixloop.ports.git import NO_OBJECT, Entry, MergeResult, NewCommit, RefChange
from fixloop.workspace.snapshot import blob_id
from tests.support.crowd import at_once
from tests.support.git_worlds import FILES, commit_all, make_repo, picture, run_git, write_files

FIX = "refs/heads/fixloop/fix/h-1"
ODD_NAMES = [
    "workspace/a b.yaml",
    'workspace/"q".yaml',
    "workspace/new\nline",
    "workspace/tab\t\\",
    "workspace/ü 日本.yaml",
]


def main_of(repo: GitRepository) -> str:
    commit = repo.resolve("main")
    assert commit
    return commit


def fix_on(repo: GitRepository, edits: dict[str, bytes | None], branch: str = FIX) -> str:
    return repo.commit([NewCommit(branch, main_of(repo), edits, "fix")])[0]


def all_refs(folder: Path) -> list[str]:
    return run_git(folder, "for-each-ref", "--format=%(refname)").splitlines()


class TestFindingTheRepository:
    def test_from_a_subfolder(self, folder: Path) -> None:
        repo = open_repository(folder / "evals" / "plan")
        assert repo.top == folder
        assert repo.common_dir == folder / ".git"
        assert repo.head_branch() == "refs/heads/main"

    def test_from_a_linked_worktree(self, folder: Path, tmp_path: Path) -> None:
        run_git(folder, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
        repo = open_repository(tmp_path / "side")
        assert repo.top == tmp_path / "side"
        assert repo.common_dir == folder / ".git"
        assert repo.head_branch() == "refs/heads/side"
        assert {(tree.path, tree.branch) for tree in repo.work_trees()} == {
            (folder, "refs/heads/main"),
            (tmp_path / "side", "refs/heads/side"),
        }

    def test_a_bare_one(self, folder: Path, tmp_path: Path) -> None:
        run_git(tmp_path, "clone", "-q", "--bare", str(folder), "bare.git")
        repo = open_repository(tmp_path / "bare.git")
        assert repo.top is None
        assert repo.common_dir == tmp_path / "bare.git"
        assert repo.work_trees() == []
        fix_on(repo, {"fixloop.yaml": b"fixloop: 2\n"})

    def test_a_detached_head(self, folder: Path, repo: GitRepository) -> None:
        run_git(folder, "checkout", "-q", "--detach")
        assert repo.head_branch() is None
        assert repo.resolve("HEAD") == main_of(repo)
        assert [tree.branch for tree in repo.work_trees()] == [None]

    def test_one_without_a_commit(self, tmp_path: Path) -> None:
        run_git(tmp_path, "init", "-q", "-b", "main", "new")
        repo = open_repository(tmp_path / "new")
        assert repo.resolve("HEAD") is None
        assert repo.head_branch() == "refs/heads/main"
        assert repo.history("main", 5) == []

    def test_no_repository_says_git_init(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput) as caught:
            open_repository(tmp_path)
        assert caught.value.mend == "git init"

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="no folder"):
            open_repository(tmp_path / "nowhere")

    def test_sha256_is_named(self, tmp_path: Path) -> None:
        run_git(tmp_path, "init", "-q", "--object-format=sha256", "new")
        with pytest.raises(BadInput, match="sha256"):
            open_repository(tmp_path / "new")

    def test_git_absent(self, folder: Path) -> None:
        with pytest.raises(EnvironmentLacks, match="not installed") as caught:
            open_repository(folder, {"PATH": "/nonexistent"})
        assert caught.value.exit_code == 3

    def test_git_too_old_names_what_was_found(self) -> None:
        with pytest.raises(EnvironmentLacks, match=r"2\.38 or newer is needed, found 2\.30\.2"):
            require_version("git version 2.30.2\n")
        require_version("git version 2.38.0 (Apple Git-143)\n")
        require_version("git version 3.0.1\n")

    def test_what_a_hook_leaves_in_the_environment_redirects_nothing(
        self, tmp_path: Path, folder: Path
    ) -> None:
        other = make_repo(tmp_path, name="other")
        hook = {"GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": "x", "GIT_WORK_TREE": str(other)}
        assert open_repository(folder, {**os.environ, **hook}).top == folder

    def test_objects_in_quarantine_stay_readable(self) -> None:
        pushed = {
            "GIT_QUARANTINE_PATH": "q",
            "GIT_OBJECT_DIRECTORY": "q",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": "o",
        }
        assert pushed.items() <= clean_environment(pushed).items()
        assert "GIT_OBJECT_DIRECTORY" not in clean_environment({"GIT_OBJECT_DIRECTORY": "elsewhere"})

    def test_a_pre_receive_hook_reads_and_merges_what_is_being_pushed(
        self, folder: Path, tmp_path: Path
    ) -> None:
        bare = tmp_path / "bare.git"
        run_git(tmp_path, "clone", "-q", "--bare", str(folder), str(bare))
        write_files(bare / "hooks", {"pre-receive": f"#!/bin/sh\nexec {sys.executable} -c '{_JUDGE_PUSH}'\n"})
        (bare / "hooks/pre-receive").chmod(0o755)
        new = commit_all(folder, {"workspace/pushed.yaml": "1\n"})
        objects = sorted(path for path in (bare / "objects").rglob("*") if path.is_file())
        pushed = subprocess.run(
            ["git", "push", str(bare), "main"], cwd=folder, capture_output=True, check=False
        )
        assert f"judged {run_git(folder, 'rev-parse', new + '^{tree}')} 1".encode() in pushed.stderr
        assert pushed.returncode == 1
        assert sorted(path for path in (bare / "objects").rglob("*") if path.is_file()) == objects


_JUDGE_PUSH = """
import sys
from fixloop.adapters.git_repository import open_repository
from fixloop.adapters.git_snapshot import GitSnapshot
old, new, ref = sys.stdin.read().split()
repo = open_repository()
tree = repo.merge(old, new).tree
print("judged", tree, GitSnapshot(repo, tree).read("workspace/pushed.yaml").decode(), file=sys.stderr)
sys.exit(1)
"""


class TestReading:
    def test_names_that_are_options_or_nonsense_are_not_refs(self, repo: GitRepository) -> None:
        for name in ["--all", "-h", "nope", "", "a b", "main..main", "x\0y", "HEAD:fixloop.yaml"]:
            assert repo.resolve(name) is None, name

    def test_several_refs_in_one_question_are_as_each_by_itself(
        self, folder: Path, repo: GitRepository
    ) -> None:
        run_git(folder, "tag", "-a", "-m", "marked", "v1")
        run_git(folder, "branch", "other")
        tip = main_of(repo)
        for names in [
            ["main", "v1", "other"],
            ["main", "nope"],
            ["HEAD", "main~0"],
            [tip, tip],
            ["--all"],
            [],
        ]:
            assert list(repo.resolve_each(names)) == [repo.resolve(name) for name in names], names
        repo.resolve_each(["v1"])
        assert repo.tree_of(tip) == run_git(folder, "rev-parse", "main^{tree}").strip()

    def test_none_of_several_refs_may_be_the_name_of_two_things(
        self, folder: Path, repo: GitRepository
    ) -> None:
        run_git(folder, "tag", "main")
        with pytest.raises(BadInput, match="more than one thing"):
            repo.resolve_each(["HEAD", "main"])

    def test_a_tree_is_listed_below_prefixes(self, repo: GitRepository) -> None:
        assert list(repo.list_tree("main", ["evals", "fixloop.yaml"])) == [
            "evals/plan/payments.yaml",
            "fixloop.yaml",
        ]
        listed = repo.list_tree("main")
        assert list(listed) == sorted(FILES)
        assert listed["fixloop.yaml"] == Entry("100644", blob_id(b"fixloop: 1\n"))
        assert repo.list_tree(repo.tree_of("main")) == listed

    def test_blobs_come_whole(self, folder: Path, repo: GitRepository) -> None:
        data = {"a": b"", "b": b"\0\n\xff" * 1000, "c": b"no line end"}
        commit_all(folder, data)
        listed = repo.list_tree("main")
        blobs = repo.read_blobs(entry.oid for entry in listed.values())
        assert {path: blobs[listed[path].oid] for path in data} == data
        assert repo.read_blobs([]) == {}

    def test_a_missing_blob_is_told(self, repo: GitRepository) -> None:
        with pytest.raises(BadInput, match="missing"):
            repo.read_blobs(["1" * 40])

    def test_an_unknown_commit_is_told(self, repo: GitRepository) -> None:
        with pytest.raises(BadInput, match="no commit"):
            repo.tree_of("nope")

    def test_changed_paths(self, folder: Path, repo: GitRepository) -> None:
        before = main_of(repo)
        run_git(folder, "mv", "README.md", "READ ME")
        after = commit_all(folder, {"fixloop.yaml": "fixloop: 2\n"})
        changed = repo.changed_paths(before, after)
        readme = Entry("100644", blob_id(b"a shop\n"))
        assert list(changed) == ["READ ME", "README.md", "fixloop.yaml"]
        assert changed["README.md"] == (readme, None)
        assert changed["READ ME"] == (None, readme)
        assert repo.changed_paths(before, before) == {}

    def test_history_follows_first_parents(self, folder: Path, repo: GitRepository) -> None:
        run_git(folder, "checkout", "-q", "-b", "side")
        commit_all(folder, {"x": "1"}, "on the side")
        run_git(folder, "checkout", "-q", "main")
        run_git(folder, "merge", "-q", "--no-ff", "-m", "ünited", "side")
        assert [subject for _, subject in repo.history("main", 5)] == ["ünited", "first"]
        assert len(repo.history("main", 1)) == 1

    def test_changes_are_told_commit_by_commit_against_first_parents(
        self, folder: Path, repo: GitRepository
    ) -> None:
        commit_all(folder, {"workspace/a b.yaml": "1", "README.md": "1"})
        run_git(folder, "checkout", "-q", "-b", "side")
        commit_all(folder, {"workspace/new\nline": "1"})
        commit_all(folder, {"plan_trees/ü.yaml": "1"})
        run_git(folder, "checkout", "-q", "main")
        commit_all(folder, {"README.md": "2"})
        run_git(folder, "merge", "-q", "--no-ff", "-m", "merged", "side")
        assert repo.changes("main", 9, ["workspace/", "plan_trees/"]) == [
            frozenset({"workspace/new\nline", "plan_trees/ü.yaml"}),
            frozenset(),
            frozenset({"workspace/a b.yaml"}),
        ]
        assert len(repo.changes("main", 2)) == 2
        assert repo.changes("nowhere", 9) == []

    def test_branches_below_a_prefix(self, repo: GitRepository) -> None:
        commit = fix_on(repo, {})
        assert repo.branches("refs/heads/fixloop/fix/") == {FIX: commit}
        assert repo.branches("refs/heads/fixloop/fix/h-") == {FIX: commit}
        assert repo.branches("refs/heads/fix") == {FIX: commit}
        assert repo.branches("refs/heads/fixloop/f/") == {}

    def test_configuration(self, folder: Path, repo: GitRepository) -> None:
        assert repo.who() == "ada@example.org"
        assert repo.config("fixloop.heldout") is None
        run_git(folder, "config", "fixloop.heldout", "/over/there")
        assert repo.config("fixloop.heldout") == "/over/there"

    def test_merge_bases(self, repo: GitRepository) -> None:
        main = main_of(repo)
        alone = repo.commit([NewCommit("refs/heads/alone", NO_OBJECT, {"x": b""}, "root")])[0]
        assert repo.merge_base(main, fix_on(repo, {"y": b""})) == main
        assert repo.merge_base(main, alone) is None


class TestMerging:
    def test_two_sides(self, folder: Path, repo: GitRepository) -> None:
        head = fix_on(repo, {"workspace/new.yaml": b"1\n"})
        base = commit_all(folder, {"README.md": "other\n"})
        merged = repo.list_tree(repo.merge(base, head).tree)
        assert merged["workspace/new.yaml"].oid == blob_id(b"1\n")
        assert merged["README.md"].oid == blob_id(b"other\n")

    def test_conflicts_are_named(self, folder: Path, repo: GitRepository) -> None:
        head = fix_on(repo, {"fixloop.yaml": b"a\n", "workspace/intents.yaml": b"a\n", "z": b""})
        base = commit_all(folder, {"fixloop.yaml": "b\n", "workspace/intents.yaml": "b\n"})
        assert repo.merge(base, head) == MergeResult("", ("fixloop.yaml", "workspace/intents.yaml"))

    def test_unrelated_histories_are_refused(self, repo: GitRepository) -> None:
        alone = repo.commit([NewCommit("refs/heads/alone", NO_OBJECT, {"x": b""}, "root")])[0]
        with pytest.raises(BadInput, match="unrelated"):
            repo.merge(main_of(repo), alone)


class TestCommitting:
    def test_touches_nothing_of_a_dirty_checkout(self, folder: Path, repo: GitRepository) -> None:
        write_files(folder, {"README.md": "staged\n", "untracked": "u"})
        run_git(folder, "add", "README.md")
        write_files(folder, {"README.md": "unstaged\n", "fixloop.yaml": "local\n"})
        before = picture(folder)
        main = main_of(repo)
        repo.commit(
            [
                NewCommit(f"{FIX}{number}", main, {"fixloop.yaml": b"%d" % number}, "fix")
                for number in range(20)
            ]
        )
        repo.write_tree(repo.tree_of(main), {"fixloop.yaml": None})
        assert picture(folder) == before
        assert len(repo.branches(FIX)) == 20

    def test_what_it_builds(self, folder: Path, repo: GitRepository) -> None:
        (folder / "README.md").chmod(0o755)
        main = commit_all(folder, {})
        commit = fix_on(repo, {"README.md": b"new\n", "fixloop.yaml": None, "evals/plan/h-1.yaml": b"[]\n"})
        assert {path: pair[1] for path, pair in repo.changed_paths(main, commit).items()} == {
            "README.md": Entry("100755", blob_id(b"new\n")),
            "fixloop.yaml": None,
            "evals/plan/h-1.yaml": Entry("100644", blob_id(b"[]\n")),
        }
        assert (
            run_git(folder, "log", "-1", "--format=%an %ae %P %s", FIX) == f"Ada ada@example.org {main} fix"
        )
        assert run_git(folder, "fsck", "--strict") == ""

    def test_names_that_need_care(self, repo: GitRepository) -> None:
        edits: dict[str, bytes | None] = {name: name.encode() for name in ODD_NAMES}
        listed = repo.list_tree(fix_on(repo, edits), ["workspace"])
        assert set(listed) == {*ODD_NAMES, "workspace/intents.yaml"}
        gone = repo.write_tree(repo.tree_of(FIX), dict.fromkeys(ODD_NAMES))
        assert gone == repo.tree_of("main")

    def test_a_file_becomes_a_folder(self, repo: GitRepository) -> None:
        commit = fix_on(repo, {"README.md": None, "README.md/a": b"1"})
        assert "README.md/a" in repo.list_tree(commit)

    @pytest.mark.parametrize(
        "path", ["../x", "/etc/x", "a//b", "", ".git/hooks/pre-commit", "a/.GIT/config", "a\0b"]
    )
    def test_paths_that_lead_elsewhere_are_refused(self, repo: GitRepository, path: str) -> None:
        with pytest.raises(BadInput, match="not a path inside"):
            fix_on(repo, {path: b""})

    def test_a_link_is_not_written_through(self, folder: Path, repo: GitRepository) -> None:
        (folder / "link").symlink_to("README.md")
        commit_all(folder, {})
        with pytest.raises(BadInput, match="link or a submodule"):
            fix_on(repo, {"link": b"text"})

    def test_without_an_identity(self, folder: Path, repo: GitRepository) -> None:
        run_git(folder, "config", "--unset", "user.name")
        run_git(folder, "config", "user.email", "")
        fix_on(repo, {"x": b""})
        assert run_git(folder, "log", "-1", "--format=%cn <%ae>", FIX) == "fixloop <fixloop@localhost>"
        assert repo.commit_tree(repo.tree_of("main"), [], "x")
        assert repo.who() == ""

    def test_an_existing_branch_is_not_overwritten(self, repo: GitRepository) -> None:
        first = fix_on(repo, {"x": b"1"})
        with pytest.raises(RefMoved, match="fixloop/fix/h-1"):
            repo.commit(
                [NewCommit("refs/heads/new", first, {}, "x"), NewCommit(FIX, first, {"x": b"2"}, "x")]
            )
        assert repo.resolve(FIX) == first
        assert repo.resolve("refs/heads/new") is None

    def test_an_expected_value_moves_on(self, repo: GitRepository) -> None:
        first = fix_on(repo, {"x": b"1"})
        second = repo.commit([NewCommit(FIX, first, {"x": b"2"}, "again", expect=first)])[0]
        assert repo.commit([NewCommit(FIX, second, {"x": b"3"}, "again", expect=None)])[0] == repo.resolve(
            FIX
        )

    def test_a_branch_named_like_our_folder_is_told(self, folder: Path, repo: GitRepository) -> None:
        run_git(folder, "branch", "fixloop")
        with pytest.raises(BadInput, match="refs/heads/fixloop' exists") as caught:
            fix_on(repo, {})
        assert "git branch -m" in caught.value.mend

    def test_a_tree_and_a_commit_of_it_without_a_ref(self, folder: Path, repo: GitRepository) -> None:
        before = all_refs(folder)
        main = main_of(repo)
        tree = repo.write_tree(repo.tree_of(main), {"workspace/x": b"1"})
        commit = repo.commit_tree(tree, [main], "lands ü\n\nbody")
        assert repo.tree_of(commit) == tree
        assert repo.tree_of(fix_on(repo, {"workspace/x": b"1"})) == tree
        assert run_git(folder, "log", "-1", "--format=%P %B", commit).strip() == f"{main} lands ü\n\nbody"
        assert all_refs(folder) == sorted([FIX, *before])
        assert list(repo.list_tree(repo.write_tree(NO_OBJECT, {"a/b": b"1"}))) == ["a/b"]

    def test_nothing_to_commit(self, repo: GitRepository) -> None:
        assert repo.commit([]) == []

    def test_killed_at_any_moment_leaves_no_ref(self, folder: Path) -> None:
        before = all_refs(folder)
        for delay in (0.0, 0.01, 0.02, 0.04):
            child = subprocess.Popen(
                [sys.executable, "-c", _COMMIT_MANY, str(folder)], stdout=subprocess.PIPE
            )
            assert child.stdout and child.stdout.readline()
            time.sleep(delay)  # the moments at which it is killed
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
        time.sleep(
            0.2
        )  # a git that the last one had started may still be at work, and nobody can wait for it
        assert [ref for ref in all_refs(folder) if not ref.startswith("refs/heads/many/")] == before
        assert run_git(folder, "fsck", "--connectivity-only") == "" or "dangling" in run_git(folder, "fsck")


_COMMIT_MANY = """
import sys
from fixloop.adapters.git_repository import open_repository
from fixloop.ports.git import NewCommit
repo = open_repository(sys.argv[1])
main = repo.resolve("main")
print("ready", flush=True)
repo.commit([NewCommit(f"refs/heads/many/{n}", main, {f"f{n}": b"x" * 9999}, "m") for n in range(200)])
"""


class TestMovingRefs:
    def test_all_or_none(self, folder: Path, repo: GitRepository) -> None:
        main, other = main_of(repo), fix_on(repo, {"x": b""})
        with pytest.raises(RefMoved):
            repo.move_refs(
                [RefChange("refs/heads/a", NO_OBJECT, main), RefChange("refs/heads/main", other, main)]
            )
        assert repo.resolve("refs/heads/a") is None
        repo.move_refs([RefChange("refs/heads/a", NO_OBJECT, main), RefChange(FIX, other, NO_OBJECT)])
        assert all_refs(folder) == ["refs/heads/a", "refs/heads/main"]

    def test_a_deleted_ref_has_moved(self, repo: GitRepository) -> None:
        main = main_of(repo)
        with pytest.raises(RefMoved):
            repo.move_refs([RefChange("refs/heads/gone", main, main)])

    @pytest.mark.parametrize("name", ["main", "HEAD", "refs/heads/a\0b", "--stdin"])
    def test_only_full_names(self, repo: GitRepository, name: str) -> None:
        with pytest.raises(BadInput, match="full ref name"):
            repo.move_refs([RefChange(name, NO_OBJECT, main_of(repo))])

    def test_a_bad_name_is_told(self, repo: GitRepository) -> None:
        with pytest.raises(BadInput, match="invalid ref"):
            repo.move_refs([RefChange("refs/heads/a..b", NO_OBJECT, main_of(repo))])

    def test_a_stale_lock_is_told(
        self, folder: Path, repo: GitRepository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("fixloop.adapters.ref_transaction._TRIES", 1)
        (folder / ".git/refs/heads/main.lock").touch()
        main, new = main_of(repo), fix_on(repo, {"x": b""})
        with pytest.raises(BadInput, match=r"main\.lock") as caught:
            repo.move_refs([RefChange("refs/heads/main", main, new)])
        assert "remove that lock" in caught.value.mend

    def test_a_hooks_no_is_told(self, folder: Path, repo: GitRepository) -> None:
        hook = folder / ".git/hooks/reference-transaction"
        write_files(
            hook.parent, {hook.name: '#!/bin/sh\ntest "$1" != prepared || ! grep -q refs/heads/fixloop\n'}
        )
        hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
        with pytest.raises(BadInput, match="hook"):
            fix_on(repo, {"x": b""})
        assert repo.resolve(FIX) is None

    @pytest.mark.slow
    def test_of_eight_processes_that_create_a_branch_one_wins(
        self, folder: Path, repo: GitRepository
    ) -> None:
        results = at_once(8, create_branch, str(folder))
        assert results.count("lost") == 7
        (winner,) = [result for result in results if result != "lost"]
        assert repo.resolve(FIX) == winner


def create_branch(folder: str, number: int) -> str:
    repo = open_repository(folder)
    try:
        return fix_on(repo, {"x": b"%d" % number})
    except RefMoved:
        return "lost"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (
            "fatal: Unable to create temporary file '/r/.git/objects/tmp_pack_XXXXXX': Permission denied",
            3,
        ),
        ("error: insufficient permission for adding an object to repository database .git/objects", 3),
        ("fatal: unable to write new index file: No space left on device", 3),
        ("fatal: Unable to create '/r/.git/refs/heads/main.lock': Read-only file system", 3),
        ("fatal: bad object HEAD", 2),
    ],
)
def test_what_git_may_not_write_is_the_environment(said: str, code: int) -> None:
    assert refusal("git failed", said).exit_code == code
