"""`hook run`: what an installed git hook asks: may this branch move to that tree?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fixloop import __version__
from fixloop.commands.desk import Desk
from fixloop.errors import FixloopError
from fixloop.evals.cases import CasesInvalid
from fixloop.gate.checks import lane, structure
from fixloop.gate.judge import judge
from fixloop.gate.lanes import JUDGE, NEUTRAL, lane_of
from fixloop.gate.trial import Trial, engine_paths
from fixloop.gate.verdict import FAIL, OVERRIDDEN, PASS, Check, Verdict
from fixloop.hints.ledger import Event
from fixloop.hints.store import read_event
from fixloop.ports.state import StateStore
from fixloop.queue.ground import Ground, commit_of
from fixloop.queue.move import landings
from fixloop.queue.trial import find_hint, tree_trial
from fixloop.workspace.load import WorkspaceInvalid

ALLOW = "FIXLOOP_ALLOW_JUDGE"
"""The variable whose text is a person's reason to change what decides."""

_FARTHEST = 200
_JUDGED = "hook-judged"
"""A merge asks before it commits and when the branch moves: the same question, a moment later."""
_PASSED = "hook-passed"
"""Steps that a protected branch has made here, judged by a hook; kept like the verdicts on record."""


@dataclass(frozen=True, slots=True)
class Move:
    """What a hook is asked about: a protected branch, where it stands, and the commit or tree it would get.

    `head` is what is being merged in, where git says so.
    """

    hook: str
    ref: str
    base: str
    result: str
    head: str | None = None


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """Whether the branch may move, and why; `verdict` is None where nothing had to be judged."""

    move: Move
    allowed: bool
    reason: str
    verdict: Verdict | None = None

    @property
    def overridden(self) -> bool:
        """Whether a person's word stands in for a check."""
        return self.verdict is not None and overrides(self.verdict) != []

    def to_json(self) -> dict[str, Any]:
        """`hook run --json`."""
        return {
            "hook": self.move.hook,
            "ref": self.move.ref,
            "allowed": self.allowed,
            "reason": self.reason,
            "verdict": self.verdict.to_json() if self.verdict else None,
        }


class Refused(FixloopError):
    """A protected branch stays where it is."""

    exit_code = 1


def run_hook(desk: Desk, move: Move, why: str = "") -> HookAnswer:
    """Judge the tree a protected branch would get on what it has now; `why` allows a change of what decides.

    A step that is on record, as a verdict or as an override of this very base and tree, is not judged again.

    Raises:
        BadInput: a commit that is unknown.
        EnvironmentLacks: an override without a person behind it.
    """
    ground = desk.ground()
    commit, tree = ground.repo.resolve(move.result), ground.repo.tree_of(move.result)
    base = _behind_recorded_steps(desk, commit_of(ground.repo, move.base), commit)
    if _is_recorded(desk, base, tree):
        return HookAnswer(move, True, "on record")
    trial = _trial(ground, replace(move, base=base), tree, why)
    if desk.cache.load(_JUDGED, _key(desk, trial)):
        return HookAnswer(move, True, "judged before")
    desk.progress(f"judging what {short(move.ref)} would get")
    verdict = judge_move(trial)
    if not verdict.passed:
        return HookAnswer(move, False, told(verdict), verdict)
    if overrides(verdict):
        _record_override(desk, move, verdict, why)
        return HookAnswer(move, True, f"overridden, and recorded: {why}", verdict)
    desk.cache.save(_JUDGED, _key(desk, trial), b"pass")
    if commit:
        desk.cache.save(_PASSED, f"{base} {tree}", b"pass")
    return HookAnswer(move, True, "passed", verdict)


def short(ref: str) -> str:
    """A branch as people call it."""
    return ref.removeprefix("refs/heads/")


def _trial(ground: Ground, move: Move, tree: str, why: str) -> Trial:
    """With the hint of the fix branch that is merged in, whichever way."""
    commit = ground.repo.resolve(move.result)
    heads = [move.head, commit, ground.repo.resolve(f"{commit}^2") if commit else None]
    hints = (find_hint(ground, head, head) for head in heads if head)
    hint = next((hint for hint in hints if hint), None)
    return tree_trial(ground, move.base, move.head or commit or move.base, tree, hint, (), why)


def judge_move(trial: Trial) -> Verdict:
    """The gate's verdict, quickly where the lane alone says no."""
    in_engines = _engine_files(trial)
    if in_engines and not (trial.allow_judge and trial.lanes.lane == JUDGE):
        # Hooks run when the files are in the checkout already: judging would import what is to be judged.
        return _verdict(
            trial, Check("lane", FAIL, "changes the code of an engine, which decides", in_engines)
        )
    try:
        _ = trial.base.workspace, trial.base.cases
    except (WorkspaceInvalid, CasesInvalid):
        # Nothing of a broken base can be laid over the result: it is looked at as it is.
        alone = replace(trial, result=trial.proposed)
        return _verdict(trial, structure.check(alone), _lane_of_mending(trial))
    in_lane = lane.check(trial)
    return _verdict(trial, in_lane) if in_lane.status == FAIL else judge(trial)


def _engine_files(trial: Trial) -> tuple[str, ...]:
    places = engine_paths(trial.base)
    return tuple(path for path in trial.lanes.judge if path.startswith(places)) if places else ()


def _lane_of_mending(trial: Trial) -> Check:
    """A base that is broken has no answers to compare with, and mending it may take both lanes at once."""
    judged = trial.lanes.judge
    if not judged:
        return Check("lane", PASS, "mends a base that could not be read")
    if trial.allow_judge:
        return Check("lane", OVERRIDDEN, f"mends what decides, allowed: {trial.allow_judge}", judged)
    return Check("lane", FAIL, "changes what decides: only a person may, with a reason", judged)


def _verdict(trial: Trial, *checks: Check) -> Verdict:
    return Verdict(trial.base_commit, trial.head_commit, trial.tree, trial.lanes.lane, checks)


def overrides(verdict: Verdict) -> list[str]:
    """The checks for which a person's word stands in."""
    return [check.id for check in verdict.checks if check.status == OVERRIDDEN]


def how_to_go_on(refused: HookAnswer) -> str:
    """The next command for a person whose branch stayed where it is."""
    verdict = refused.verdict
    if verdict is not None and verdict.lane == JUDGE and verdict.failures[0].id == "lane":
        return f"a person may, with a reason that is recorded: {ALLOW}='why' git …"
    head = refused.move.head or refused.move.result
    return f"fixloop gate {short(refused.move.ref)} {head[:12]} shows all of it"


def told(verdict: Verdict) -> str:
    """Why a verdict is no: a line a check, its evidence below."""
    lines = []
    for check in verdict.failures:
        lines += [f"{check.id}: {check.detail}", *(f"  {one}" for one in check.evidence[:5])]
    return "\n".join(lines)


# --- what is on record ----------------------------------------------------------------------------------


def _behind_recorded_steps(desk: Desk, base: str, commit: str | None) -> str:
    """The last commit on the straight way from base to commit up to which every step is on record.

    Without this a push of several changes, each judged when it landed, would be judged as one: a change of
    what decides that a person allowed, and a fix after it, may not be in one.
    """
    if commit is None:
        return base
    way = [one for one, _ in desk.repo.history(commit, _FARTHEST)]
    if base not in way:
        return base
    ahead = [*reversed(way[: way.index(base)])]
    together = landings(_events(desk.state))
    while ahead:
        # Fixes that landed together were judged as one tree: the step is from below the first to the last.
        at = next((n for n, step in enumerate(ahead) if (base, step) in together), 0)
        step, ahead = ahead[at], ahead[at + 1 :]
        tree = desk.repo.tree_of(step)
        passed = desk.cache.load(_PASSED, f"{base} {tree}") and step != commit
        if not (passed or _is_recorded(desk, base, tree) or _is_neutral(desk.ground(), base, tree)):
            break
        base = step
    return base


def _is_recorded(desk: Desk, base: str, tree: str) -> bool:
    """Nothing changed, or a passing verdict or an override stands for exactly this base and tree."""
    if desk.repo.tree_of(base) == tree:
        return True
    path = f"verdicts/{base}-{tree}.json"
    found = desk.state.read(path).get(path)
    if found is not None and _says_pass(found):
        return True
    overrides = (event for event in _events(desk.state) if event.event == OVERRIDDEN)
    return any((event.base, event.tree) == (base, tree) for event in overrides)


def _says_pass(data: bytes) -> bool:
    try:
        return bool(json.loads(data)["verdict"] == PASS)
    except (ValueError, KeyError, TypeError):
        return False


def _events(state: StateStore) -> Iterator[Event]:
    return (read_event(path, data) for path, data in state.read("ledger/").items())


def _is_neutral(ground: Ground, base: str, tree: str) -> bool:
    """Whether a step touches nothing that fixloop reads; asked of the paths first, which is cheap."""
    changes = ground.repo.changed_paths(base, tree)
    if any(lane_of(path, before is None) != NEUTRAL for path, (before, _) in changes.items()):
        return False
    return tree_trial(ground, base, base, tree, None).lanes.lane == NEUTRAL


def _key(desk: Desk, trial: Trial) -> str:
    """What an answer depends on; a hint's approvals are in the record."""
    record = desk.repo.resolve("refs/heads/fixloop/state") if trial.hint else ""
    return f"{__version__} {trial.base_commit} {trial.tree} {trial.hint.id if trial.hint else ''} {record}"


def _record_override(desk: Desk, move: Move, verdict: Verdict, why: str) -> None:
    who = desk.person(None)
    checks = overrides(verdict)
    event = Event(
        desk.clock.now(),
        who,
        OVERRIDDEN,
        base=verdict.base,
        tree=verdict.tree,
        why={"code": "other", "text": why},
        data={"checks": checks, "hook": move.hook, "ref": move.ref},
    )
    desk.ground(who).record([event], f"overridden: {', '.join(checks)} on {short(move.ref)}")
