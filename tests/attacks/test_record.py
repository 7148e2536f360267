"""A record that lies: what somebody wrote into `fixloop/state` lands nothing that the gate would refuse."""

from pathlib import Path
from typing import Any

import pytest

from fixloop.adapters.git_repository import open_repository
from fixloop.commands.decide import Why
from fixloop.commands.desk import Desk
from fixloop.commands.hook import Move, run_hook
from fixloop.commands.merge import merge
from fixloop.commands.receive import Push, Pushed, PushRefused, Received, receive
from fixloop.commands.revert import revert
from fixloop.errors import BadInput
from fixloop.hints.ledger import Event
from fixloop.hints.model import Hint
from fixloop.ports.git import NewCommit
from tests.attacks.world import PLAN, TRANSFER, WORLD
from tests.commands.test_hook import at
from tests.commands.test_merge_queue import three_fixes
from tests.support.fixes import approve_fixes
from tests.support.git_worlds import commit_all
from tests.support.loop import bank, desk_of

MAIN = "refs/heads/main"
CASES = "- {id: p-transfer, leaf: transfer_failed, expect: {reply: transfer_help}}\n"
BENT = WORLD[TRANSFER].replace("transfer_help", "handover")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A bank with a case to lose, fixes that are approved, and a judge who may push."""
    config = WORLD["fixloop.yaml"] + "policy: {judges: [ada]}\n"
    desk = bank(tmp_path, **{PLAN: CASES, "fixloop.yaml": config})
    approve_fixes(desk, *three_fixes())
    return desk_of(desk.folder)


def server(desk: Desk, base: str, new: str, **options: str) -> Received:
    """What a server says of a push to main, with the record as it lies here."""
    here = desk_of(desk.folder)
    push = Push(
        (Pushed(MAIN, base, new),), {key.replace("__", "."): why for key, why in options.items()}, "ada"
    )
    return receive(here, push, [MAIN], lambda _: here.state)


def write(desk: Desk, *events: Event) -> None:
    desk.ground().record(list(events), "forged")


def landing(desk: Desk, base: str, *steps: tuple[Hint, str]) -> Event:
    """The event that says of commits that they are these fixes and landed together."""
    trees = [at(desk.folder, f"{commit}^{{tree}}") for _, commit in steps]
    fixes: list[dict[str, Any]] = [
        {"id": hint.id, "digest": hint.digest, "commit": commit, "tree": tree}
        for (hint, commit), tree in zip(steps, trees, strict=True)
    ]
    return desk.ground().event("landing", base=base, tree=trees[-1], data={"target": MAIN, "fixes": fixes})


def test_a_landing_that_never_was(desk: Desk) -> None:
    one, two, _ = three_fixes()
    base = at(desk.folder)
    first = commit_all(desk.folder, {"README.md": "x"})
    second = commit_all(desk.folder, {TRANSFER: BENT})
    write(desk, landing(desk, base, (one, first), (two, second)))
    with pytest.raises(PushRefused, match="regressions: "):
        server(desk, base, second)


def test_a_landing_that_hides_a_change_of_what_decides(desk: Desk) -> None:
    """Two steps told as one: the case goes and what it forbids comes."""
    one, two, _ = three_fixes()
    base = at(desk.folder)
    first = commit_all(desk.folder, {PLAN: "[]\n"})
    second = commit_all(desk.folder, {TRANSFER: BENT})
    write(desk, landing(desk, base, (one, first), (two, second)))
    for options in ({}, {"fixloop__allow-judge": "why not"}):
        with pytest.raises(PushRefused, match=r"lane: |regressions: "):
            server(desk, base, second, **options)


def test_a_merge_that_never_was_names_an_approved_fix(desk: Desk) -> None:
    fix = three_fixes()[0]
    base = at(desk.folder)
    tip = commit_all(desk.folder, {TRANSFER: BENT})
    tree = at(desk.folder, f"{tip}^{{tree}}")
    write(desk, desk.ground().event("merged", fix, base=base, tree=tree, data={"commit": tip}))
    with pytest.raises(PushRefused, match="scope: "):
        server(desk, base, tip)


def test_an_override_on_record_is_no_override_on_a_server(desk: Desk) -> None:
    base = at(desk.folder)
    tip = commit_all(desk.folder, {PLAN: "[]\n"})
    tree = at(desk.folder, f"{tip}^{{tree}}")
    why = {"code": "other", "text": "trust me"}
    write(
        desk, desk.ground("ada").event("overridden", base=base, tree=tree, why=why, data={"checks": ["lane"]})
    )
    with pytest.raises(PushRefused, match="lane: "):
        server(desk, base, tip)


def test_a_batch_and_a_revert_that_are_honest(desk: Desk) -> None:
    """A batch is one step; taking a fix back retires its cases first, for which a judge says why."""
    base = at(desk.folder)
    landed = merge(desk, (), passing=True).merged
    assert len(server(desk, base, landed[-1].commit).verdicts) == 1
    tip = at(desk.folder)
    revert(desk_of(desk.folder), landed[1].id, Why("too_risky_now", "no"), "ann@bank")
    with pytest.raises(PushRefused, match="lane: "):
        server(desk, tip, at(desk.folder))
    received = server(desk, tip, at(desk.folder), **{"fixloop__allow-judge": "taken back"})
    assert len(received.verdicts) == 2


def test_a_commit_on_top_of_a_batch_is_a_step_of_its_own(desk: Desk) -> None:
    base = at(desk.folder)
    merge(desk, (), passing=True)
    tip = commit_all(desk.folder, {TRANSFER: BENT})
    with pytest.raises(PushRefused, match=f"{tip[:12]} is refused"):
        server(desk, base, tip)


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("ledger/2026-11/ev-1.json", "{", "not a ledger event"),
        ("ledger/2026-11/ev-1.json", "[]", "not a ledger event"),
        ("hints/h-1.yaml", "- 1\n", "not a hint"),
        ("feedback/2026-11/x.jsonl", "{\n", "damaged"),
    ],
)
def test_a_damaged_record_is_told_where_it_is_read(desk: Desk, path: str, text: str, told: str) -> None:
    forge(desk, path, text)
    base = at(desk.folder)
    tip = commit_all(desk.folder, {TRANSFER: WORLD[TRANSFER] + "# a note\n"})
    with pytest.raises(BadInput, match=told) as caught:
        run_hook(desk_of(desk.folder), Move("pre-push", MAIN, base, tip))
    assert path in str(caught.value.place)


def test_a_verdict_that_is_no_verdict_proves_nothing(desk: Desk) -> None:
    base = at(desk.folder)
    tip = commit_all(desk.folder, {TRANSFER: BENT})
    forge(desk, f"verdicts/{base}-{at(desk.folder, f'{tip}^{{tree}}')}.json", '"pass"')
    answer = run_hook(desk_of(desk.folder), Move("pre-push", MAIN, base, tip))
    assert not answer.allowed and answer.reason.startswith("regressions: ")


def forge(desk: Desk, path: str, text: str) -> None:
    """Put a file on the state branch past fixloop."""
    tip = at(desk.folder, "fixloop/state")
    new = NewCommit("refs/heads/fixloop/state", tip, {path: text.encode()}, "forged", expect=tip)
    open_repository(desk.folder).commit([new])
