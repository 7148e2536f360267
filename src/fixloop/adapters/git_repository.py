"""A git repository through the plumbing of the real git binary, a few milliseconds a question.

GitPython, which `first_commit` uses where time does not matter, is not used here: importing it takes 81 to
110 ms of every start, it reads all files at a ref six times slower than `ls-tree` with `cat-file --batch`,
and it leaves `cat-file` children running after use.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from fixloop.adapters import git_checkout
from fixloop.adapters.fast_import import COMMAND, END, checked_path, commit_stream, tree_stream
from fixloop.adapters.git_process import (
    Answer,
    Git,
    clean_environment,
    decode,
    discover,
    encode,
    identity,
    identity_environment,
    split_nul,
)
from fixloop.adapters.ref_transaction import move_refs
from fixloop.errors import BadInput
from fixloop.ports.git import NO_OBJECT, Entry, MergeResult, NewCommit, RefChange, WorkTree

_OBJECT_ID = re.compile(r"[0-9a-f]{40}")
_CONFLICTS = 1
# More paths than this on one command line could exceed what the system takes.
_MAX_PATH_ARGUMENTS = 500
# A merge gives the same tree on every machine: nothing of it is left to a user's settings.
_MERGE_CONFIG = (
    "-c", "merge.renames=true", "-c", "merge.directoryRenames=conflict", "-c", "merge.renameLimit=7000",
    "-c", "diff.algorithm=histogram",
)  # fmt: skip


def open_repository(folder: Path | str = ".", environ: Mapping[str, str] | None = None) -> "GitRepository":
    """The repository a folder lies in: at its top, below it, in a linked worktree, or a bare one.

    Raises:
        EnvironmentLacks: git is missing or too old.
        BadInput: there is no usable repository.
    """
    environment = clean_environment(os.environ if environ is None else environ)
    found = discover(Git(Path(folder), environment))
    return GitRepository(
        Git(found.common_dir, environment, (f"--git-dir={found.git_dir}",)), found.common_dir, found.top
    )


class GitRepository:
    """Answers `ports.git.Repository`; nothing but `carry_checkout` touches an index or a work tree."""

    def __init__(self, git: Git, common_dir: Path, top: Path | None) -> None:
        self._git = git
        self._common_dir = common_dir
        self._top = top
        self._trees: dict[str, str] = {}

    @property
    def common_dir(self) -> Path:
        """The git directory all worktrees share."""
        return self._common_dir

    @property
    def top(self) -> Path | None:
        """The top folder of the work tree fixloop was called in; None without one."""
        return self._top

    # --- reading ----------------------------------------------------------------------------------------

    def resolve(self, ref: str) -> str | None:
        """The commit id `ref` names, or None."""
        if _OBJECT_ID.fullmatch(ref) and self._trees.get(ref, ref) != ref:
            return ref  # known to be a commit
        if not _PLAIN_NAME.fullmatch(ref) or ".." in ref:
            return self._object_named(f"{ref}^{{commit}}")
        # The commit and its tree in one answer: nearly everybody asks for the tree next.
        answer = self._asked_for(
            ref, "rev-list", "--no-walk", "--no-commit-header", "--format=%H %T", "--end-of-options",
            f"{ref}^{{commit}}", "--",
        )  # fmt: skip
        commit, _, tree = answer.partition(" ")
        if tree:
            self._trees |= {commit: tree, tree: tree}
        return commit or None

    def resolve_each(self, refs: Sequence[str]) -> Sequence[str | None]:
        """As `resolve`, of several refs in one question."""
        if not all(_PLAIN_NAME.fullmatch(ref) and ".." not in ref for ref in refs):
            return [self.resolve(ref) for ref in refs]
        asked = "".join(f"{ref}^{{commit}}\n{ref}^{{tree}}\n" for ref in refs).encode()
        answer = self._git.ask(*_WARN, "cat-file", "--batch-check=%(objectname)", data=asked)
        lines = decode(answer.out).splitlines()
        if (
            answer.code
            or answer.err
            or len(lines) != 2 * len(refs)
            or not all(map(_OBJECT_ID.fullmatch, lines))
        ):
            return [self.resolve(ref) for ref in refs]  # and each says what is wrong with it
        for commit, tree in zip(lines[::2], lines[1::2], strict=True):
            self._trees |= {commit: tree, tree: tree}
        return lines[::2]

    def tree_of(self, commit: str) -> str:
        """The tree id of a commit (or the id itself, given a tree)."""
        known = self._trees.get(commit)
        if known is None:
            known = self._object_named(f"{commit}^{{tree}}")
            if known is None:
                raise BadInput(f"there is no commit {commit!r} in this repository")
            self._trees[known] = known
            if _OBJECT_ID.fullmatch(commit):
                self._trees[commit] = known
        return known

    def list_tree(self, tree_ish: str, prefixes: Sequence[str] = ()) -> Mapping[str, Entry]:
        """Every path below `prefixes` (all when empty) in path order."""
        tree = tree_ish if _OBJECT_ID.fullmatch(tree_ish) else self.tree_of(tree_ish)
        raw = self._git.run("ls-tree", "-r", "-z", "--full-tree", tree, "--", *prefixes).out
        return _by_path(_tree_line(line) for line in split_nul(raw))

    def read_blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of many blobs in one pass."""
        wanted = list(dict.fromkeys(oids))
        if not wanted:
            return {}
        asked = "".join(f"{oid}\n" for oid in wanted).encode("ascii")
        return dict(_blobs(self._git.run("cat-file", "--batch", "--buffer", data=asked).out))

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor, or None for unrelated histories."""
        answer = self._git.run("merge-base", "--end-of-options", a, b, allowed=(0, 1))
        return decode(answer.out).strip() or None

    def changed_paths(self, a: str, b: str) -> Mapping[str, tuple[Entry | None, Entry | None]]:
        """Path to (entry in a, entry in b) where the two trees differ; renames are not guessed."""
        if a == b:
            return {}
        raw = self._git.run(
            "diff-tree", "-r", "-z", "--no-renames", "--ignore-submodules=none", "--raw", "--no-abbrev",
            "--end-of-options", a, b,
        )  # fmt: skip
        fields = split_nul(raw.out)
        return _joined(zip(fields[1::2], map(_both_entries, fields[::2]), strict=True))

    def history(self, ref: str, limit: int) -> Sequence[tuple[str, str]]:
        """(commit id, subject) along first parents, newest first."""
        tip = self.resolve(ref)
        if tip is None:
            return []
        raw = self._git.run("rev-list", "--first-parent", f"--max-count={limit}", "--no-commit-header",
                            "--format=%H %s", tip).out  # fmt: skip
        lines = (line.partition(" ") for line in decode(raw).split("\n") if line)
        return [(commit, subject) for commit, _, subject in lines]

    def changes(self, ref: str, limit: int, prefixes: Sequence[str] = ()) -> Sequence[frozenset[str]]:
        """The paths below `prefixes` that each of the newest commits changed against its first parent."""
        tip = self.resolve(ref)
        if tip is None:
            return []
        raw = self._git.run("rev-list", "--first-parent", "--parents", f"--max-count={limit}", tip).out
        # A commit with one parent named is compared with that one, whatever else was merged.
        pairs = [line.split(" ")[:2] for line in decode(raw).splitlines() if " " in line]
        asked = "".join(f"{commit} {parent}\n" for commit, parent in pairs).encode("ascii")
        told = self._git.run("diff-tree", "--stdin", "--always", "-r", "-z", "--no-renames", "--name-only",
                             "--", *prefixes, data=asked)  # fmt: skip
        return _by_commit([commit for commit, _ in pairs], split_nul(told.out))

    def branches(self, prefix: str) -> Mapping[str, str]:
        """Full ref name to commit id for refs below a prefix such as `refs/heads/fixloop/fix/`."""
        folder = prefix[: prefix.rfind("/") + 1]
        raw = self._git.run("for-each-ref", "--format=%(refname) %(objectname)", "--", folder).out
        lines = (line.split(" ") for line in decode(raw).splitlines())
        return {ref: oid for ref, oid in lines if ref.startswith(prefix)}

    def head_branch(self) -> str | None:
        """The full name of the branch HEAD points at, or None when detached."""
        return decode(self._git.run("symbolic-ref", "--quiet", "HEAD", allowed=(0, 1)).out).strip() or None

    def who(self) -> str:
        """The `user.email` git would commit with, or "" when none is set."""
        return self.config("user.email") or ""

    def config(self, key: str) -> str | None:
        """One value of git's configuration."""
        answer = self._git.run("config", "-z", "--get", key, allowed=(0, 1))
        return decode(answer.out.rstrip(b"\0")) if answer.code == 0 else None

    # --- building objects -------------------------------------------------------------------------------

    def write_tree(self, base_tree: str, edits: Mapping[str, bytes | None]) -> str:
        """The id of a tree (NO_OBJECT: the empty one) with edits laid over it; no commit, no ref."""
        modes = self._modes(base_tree, edits)
        return self._import(tree_stream(base_tree, edits, modes))[0].split()[2]

    def commit_tree(self, tree: str, parents: Sequence[str], message: str) -> str:
        """The id of a new commit of exactly this tree; no ref moves."""
        environment = {**self._git.environment, **identity_environment(*identity(self._git))}
        git = Git(self._git.folder, environment, (*self._git.options, "-c", _UTF8))
        over = chain.from_iterable(("-p", parent) for parent in parents)
        return decode(git.run("commit-tree", tree, *over, "-F", "-", data=encode(message)).out).strip()

    def commit(self, commits: Sequence[NewCommit]) -> Sequence[str]:
        """Build commits from objects, in order, and move their branches; ids in the same order.

        Raises:
            RefMoved: a branch was not at `expect`; then no branch has moved.
        """
        if not commits:
            return []
        touched: dict[str, set[str]] = {}
        for new in commits:
            touched.setdefault(new.parent, set()).update(new.edits)
        modes = {parent: self._modes(parent, paths) for parent, paths in touched.items()}
        ident = self._ident_line()
        streams = (
            commit_stream(ident, new.parent, new.message, new.edits, modes[new.parent]) for new in commits
        )
        ids = self._import(chain.from_iterable(streams))
        move_refs(self._git, [(new.branch, new.expect, oid) for new, oid in zip(commits, ids, strict=True)])
        return ids

    def move_refs(self, changes: Sequence[RefChange]) -> None:
        """Move refs together by compare-and-swap.

        Raises:
            RefMoved: one was not where `old` says; then none has moved.
        """
        move_refs(self._git, [(change.ref, change.old, change.new) for change in changes])

    def merge(self, base: str, head: str) -> MergeResult:
        """The tree that merging head into base would give, without a checkout."""
        git = Git(self._git.folder, self._git.environment, (*self._git.options, *_MERGE_CONFIG))
        answer = git.run("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", base, head,
                         allowed=(0, _CONFLICTS))  # fmt: skip
        tree, *conflicts = split_nul(answer.out)
        if answer.code == _CONFLICTS:
            return MergeResult("", tuple(conflicts))
        self._trees[tree] = tree
        return MergeResult(tree, ())

    # --- checkouts --------------------------------------------------------------------------------------

    def work_trees(self) -> Sequence[WorkTree]:
        """Every checkout of this repository that is there, this one included."""
        return git_checkout.parse_work_trees(
            decode(self._git.run("worktree", "list", "--porcelain", "-z").out)
        )

    def blocked_paths(self, tree: WorkTree, old: str, new: str) -> Sequence[str]:
        """Paths that differ between the commits and carry local changes in that checkout."""
        changed = self.changed_paths(old, new)
        return git_checkout.blocked_paths(self._inside(tree), changed, old)

    def carry_checkout(self, tree: WorkTree, old: str, new: str) -> None:
        """Update index and files of the paths that changed between two commits (two-tree read-tree -m -u).

        Raises:
            BadInput: a local change is in the way; nothing has moved.
        """
        blocked = self.blocked_paths(tree, old, new)
        git_checkout.carry(self._inside(tree), blocked, old, new)

    # --- below ------------------------------------------------------------------------------------------

    def _inside(self, tree: WorkTree) -> Git:
        return Git(tree.path, self._git.environment)

    def _object_named(self, expression: str) -> str | None:
        if "\0" in expression or expression.startswith("-"):
            return None
        return self._asked_for(expression, "rev-parse", "--verify", "--end-of-options", expression) or None

    def _asked_for(self, expression: str, *words: str) -> str:
        """What git says when asked by a name; "" where it finds nothing."""
        answer = self._git.ask(*_WARN, *words)
        if "is ambiguous" in answer.err and not _EXACT.match(expression):
            # git would take the tag: whoever may push one could put it in a branch's place.
            name = re.split(r"[\^:~@]", expression)[0]
            mend = f"say refs/heads/{name}, refs/remotes/{name} or refs/tags/{name}"
            raise BadInput(f"{name!r} is the name of more than one thing here", mend=mend)
        return decode(answer.out).strip() if answer.code == 0 else ""

    def _modes(self, tree_ish: str, paths: Iterable[str]) -> Mapping[str, str]:
        """The modes that edited paths have now: an executable file stays one."""
        wanted = [checked_path(path) for path in paths]
        if tree_ish == NO_OBJECT or not wanted:
            return {}
        asked = wanted if len(wanted) <= _MAX_PATH_ARGUMENTS else ()
        return {path: entry.mode for path, entry in self.list_tree(tree_ish, asked).items()}

    def _import(self, stream: Iterator[bytes]) -> list[str]:
        answer: Answer = self._git.run(*COMMAND, data=b"".join(chain(stream, (END,))))
        return decode(answer.out).splitlines()

    def _ident_line(self) -> bytes:
        name, email = identity(self._git)
        return encode(f"{name} <{email}> {int(time.time())} +0000")


_UTF8 = "i18n.commitEncoding=utf-8"
# What git looks up first: no other name takes its place.
_EXACT = re.compile(r"refs/|HEAD\b|[0-9a-f]{40}")
# Names in which no character stands for a step, a range or a search.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_WARN = ("-c", "core.warnAmbiguousRefs=true")
TWICE = "twice"
"""The mode of a path that a tree names twice: which one is meant, no two programs agree on."""


def _by_path(lines: Iterable[tuple[str, Entry]]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for path, entry in sorted(lines):
        found[path] = Entry(TWICE, entry.oid) if path in found else entry
    return found


def _joined(
    changes: Iterable[tuple[str, tuple[Entry | None, Entry | None]]],
) -> dict[str, tuple[Entry | None, Entry | None]]:
    """By path; a tree that is not in git's order tells a change as a path that went and came."""
    found: dict[str, tuple[Entry | None, Entry | None]] = {}
    for path, (before, after) in changes:
        known = found.get(path, (None, None))
        found[path] = (before or known[0], after or known[1])
    return dict(sorted(found.items()))


def _by_commit(commits: Sequence[str], told: Iterable[str]) -> list[frozenset[str]]:
    """The paths that follow each commit's id, up to the next id that is expected."""
    paths: list[set[str]] = [set() for _ in commits]
    at = -1
    for word in told:
        if at + 1 < len(commits) and word.strip() == commits[at + 1]:
            at += 1
        elif at >= 0:
            paths[at].add(word)
    return [frozenset(found) for found in paths]


def _tree_line(line: str) -> tuple[str, Entry]:
    facts, _, path = line.partition("\t")
    mode, _, oid = facts.split(" ")
    return path, Entry(mode, oid)


def _both_entries(facts: str) -> tuple[Entry | None, Entry | None]:
    old_mode, new_mode, old, new, _ = facts.removeprefix(":").split(" ")
    before, after = Entry(old_mode, old), Entry(new_mode, new)
    return (None if old == NO_OBJECT else before), (None if new == NO_OBJECT else after)


def _blobs(raw: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        oid, *facts = decode(raw[at:end]).split(" ")
        if len(facts) != 2:
            raise BadInput(f"object {oid} is {' '.join(facts)} in this repository", mend="git fsck")
        at = end + 1 + int(facts[1])
        yield oid, raw[end + 1 : at]
        at += 1
