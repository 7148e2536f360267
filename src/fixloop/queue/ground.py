"""What the queue stands on: a repository, its record, a cache, a clock; all behind ports."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from fixloop.errors import BadInput
from fixloop.evals.flaky import EVENT, in_quarantine, until
from fixloop.feedback.model import Feedback
from fixloop.feedback.shards import FOLDER, read_feedback
from fixloop.gate.divergence import Shift
from fixloop.gate.verdict import OVERRIDDEN, Verdict
from fixloop.hints.ids import content_id
from fixloop.hints.ledger import NOTED, Event, in_order
from fixloop.hints.model import Hint
from fixloop.hints.store import BOOK, HintBook, event_files, hint_path, link, read_hint_book, render_hint
from fixloop.pipeline.memo import Memo
from fixloop.ports.cache import Cache
from fixloop.ports.clock import Clock
from fixloop.ports.git import Repository
from fixloop.ports.held_out import HeldOut
from fixloop.ports.state import StateStore
from fixloop.queue.rebuild import BRANCH_PREFIX, branch_of, hint_of
from fixloop.workspace.snapshot import TreeSnapshot


@dataclass(frozen=True)
class Ground:
    """Ports, and the record as last read; `held_out` is the set that this run asks, if it asks one."""

    repo: Repository
    state: StateStore
    cache: Cache
    clock: Clock
    tree: Callable[[str], TreeSnapshot]
    engines: Callable[[str], None]
    who: str = ""
    held_out: HeldOut | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    allow_judge: str = ""
    held_out_later: bool = False
    _read: dict[str, object] = field(default_factory=dict, repr=False)

    @cached_property
    def memo(self) -> Memo:
        """The results of cases, shared by all trials of one run."""
        return Memo(self.cache)

    def base(self, commit: str) -> TreeSnapshot:
        """The snapshot of a base: its own engines are the ones that answer from now on."""
        self.engines(commit)
        return self.tree(commit)

    @property
    def book(self) -> HintBook:
        """Hints, states and events; read once, and again after `record`."""
        found = self._read.get("book")
        if not isinstance(found, HintBook):
            found = self._read["book"] = read_hint_book(self.state)
        return found

    @property
    def feedback(self) -> tuple[Feedback, ...]:
        """All feedback of the record, by id, with the notes that engineers have made on it."""
        found = self._read.get("feedback")
        if not isinstance(found, tuple):
            found = self._read["feedback"] = _with_notes(read_feedback(self.state), self.book.events)
        return found

    def read_record(self) -> None:
        """Read all that a trial asks of the record in one go: git is asked once, for one moment."""
        if "book" not in self._read and "feedback" not in self._read:
            files = _Read(self.state.read(*BOOK, FOLDER))
            book = self._read["book"] = read_hint_book(files)
            self._read["feedback"] = _with_notes(read_feedback(files), book.events)

    def forget_read(self) -> None:
        """Read the record anew next time."""
        self._read.clear()

    def event(self, name: str, hint: Hint | None = None, **facts: object) -> Event:
        """An event of now, by whoever runs this."""
        return Event(self.clock.now(), self.who, name, hint.id if hint else "", **facts)  # type: ignore[arg-type]

    @property
    def quarantine(self) -> Mapping[str, str]:
        """Cases that wavered on a base, each with the moment until which they say nothing."""
        seen = [one.data["until"] for one in self.book.events if one.event == EVENT]
        return in_quarantine(seen, self.clock.now())

    @property
    def landed(self) -> tuple[Shift, ...]:
        """What the landings so far have moved between leaves, oldest first."""
        told = (one.data["leaves"] for one in in_order(self.book.events) if "leaves" in one.data)
        return tuple(map(Shift.from_json, told))

    def wavered(self, verdicts: Iterable[Verdict]) -> list[Event]:
        """The event of cases that were just seen to waver and are in no quarantine; none where none were."""
        known, now, found = self.quarantine, self.clock.now(), list[Event]()
        for verdict in verdicts:
            fresh = {name: counts for name, counts in verdict.wavered.items() if name not in known}
            if fresh:
                ends = until(now, verdict.quarantine_days)
                data = {"until": dict.fromkeys(fresh, ends), "counts": {n: list(c) for n, c in fresh.items()}}
                found.append(self.event(EVENT, base=verdict.base, tree=verdict.tree, data=data))
        return found

    def overruled(self, verdict: Verdict, hint: Hint | None = None) -> list[Event]:
        """The event of a person's word against checks; none where none was overridden."""
        checks = [check for check in verdict.checks if check.status == OVERRIDDEN]
        if not checks:
            return []
        reasons = (self.allow_judge, *self.overrides.values())
        why = {"code": "other", "text": "; ".join(dict.fromkeys(filter(None, reasons)))}
        data = {"checks": [check.id for check in checks], "details": [check.detail for check in checks]}
        return [self.event(OVERRIDDEN, hint, base=verdict.base, tree=verdict.tree, why=why, data=data)]

    def record(
        self,
        events: list[Event],
        message: str,
        hints: list[Hint] | None = None,
        verdicts: list[Verdict] | None = None,
    ) -> None:
        """Add events, hints and verdicts to the record in one commit."""
        book = self.book
        events = [*events, *self.wavered(verdicts or [])]
        files = {hint_path(hint): render_hint(hint) for hint in hints or []}
        files |= event_files(link(events, book.events))
        known = self.state.paths("verdicts/") if verdicts else frozenset()
        files |= {path: data for path, data in map(_verdict_file, verdicts or []) if path not in known}
        if files:
            self.state.add(files, message)
            self._read.pop("book", None)


class _Read:
    """What was read of the record, asked as the record is."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def read(self, *prefixes: str) -> Mapping[str, bytes]:
        """The files below some prefixes."""
        return {path: data for path, data in self._files.items() if path.startswith(prefixes)}


def _with_notes(feedback: Sequence[Feedback], events: Sequence[Event]) -> tuple[Feedback, ...]:
    notes: dict[str, list[str]] = {}
    for event in in_order([one for one in events if one.event == NOTED]):
        notes.setdefault(event.data["feedback"], []).append(event.data["text"])
    return tuple(replace(one, notes=tuple(notes[one.id])) if one.id in notes else one for one in feedback)


def _verdict_file(verdict: Verdict) -> tuple[str, bytes]:
    """A pass stands under base and tree, where hooks look for it; each refusal stands beside it.

    A second approval may turn a refusal of the same tree into a pass, so a refusal must not take its place.
    """
    text = json.dumps(verdict.to_json(), ensure_ascii=False, indent=1) + "\n"
    mark = "" if verdict.passed else f"-{content_id('no', verdict.to_json())}"
    return f"verdicts/{verdict.base}-{verdict.tree}{mark}.json", text.encode()


def target_branch(repo: Repository, wanted: str | None) -> str:
    """The full name of the branch fixes go to: the one named, else the one that is out, else main or master.

    Raises:
        BadInput: there is no such branch.
    """
    if wanted is None:
        out = repo.head_branch()
        if out and repo.resolve(out) and not out.startswith("refs/heads/fixloop/"):
            return out
    names = [wanted] if wanted else ["main", "master"]
    for name in names:
        full = name if name.startswith("refs/heads/") else f"refs/heads/{name}"
        if repo.resolve(full):
            return full
    if wanted:
        raise BadInput(f"there is no branch {wanted}", mend="git branch --list")
    if repo.resolve("HEAD") is None:
        raise BadInput("nothing is committed yet", mend="git add -A, git commit")
    raise BadInput("HEAD is on no branch, and there is no main", mend="name the branch: --onto BRANCH")


def called(repo: Repository, branch: str) -> str:
    """A branch as a person standing here would type it: HEAD where it is the one that is out."""
    return "HEAD" if repo.head_branch() == branch else branch.removeprefix("refs/heads/")


def commit_of(repo: Repository, ref: str) -> str:
    """The commit a ref names.

    Raises:
        BadInput: it names none.
    """
    return commits_of(repo, [ref])[0]


def commits_of(repo: Repository, refs: Sequence[str]) -> list[str]:
    """The commits that refs name.

    Raises:
        BadInput: one of them names none.
    """
    commits = []
    for ref, found in zip(refs, repo.resolve_each(refs), strict=True):
        if found is None:
            mend = _meant(repo, ref) or "git log --oneline --all"
            raise BadInput(f"{ref!r} names no commit here", mend=mend)
        commits.append(found)
    return commits


def _meant(repo: Repository, ref: str) -> str:
    """The one fix branch whose name begins so: hints are named by their first characters everywhere else."""
    short = hint_of(ref)
    standing = repo.branches(BRANCH_PREFIX) if short else ()
    found = [name for name in standing if short and name.startswith(branch_of(short))]
    return f"its whole name is {found[0].removeprefix('refs/heads/')}" if len(found) == 1 else ""
