"""The review screen, driven by its keys, on a real repository: what is seen at 80×24, what is recorded."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fixloop.cli.review import AtTheDesk
from fixloop.commands.desk import Desk
from fixloop.commands.hint import new_hint
from fixloop.report.review import ReviewApp
from tests.commands.test_hint import OPERATION, hint_file
from tests.commands.test_walkthrough import KNOWS_FRAUD, WITHOUT_FRAUD
from tests.support.hints import hint_of, record
from tests.support.loop import bank, row, tell

Drive = Callable[[Pilot[Any]], Awaitable[None]]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two hints by hand; the first rejection speaks to the terminal and to whoever reads markup."""
    trees = {"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD}
    desk = bank(tmp_path, **trees)
    tell(
        desk,
        [row(1, "KTR05821 my account is locked", "[red]no[/] \x1b[2J fraud"), row(2, "locked out", "no")],
    )
    for when in ({"record.fraud_flag": True}, {"record.fraud_flag": True, "fetched.count": 1}):
        operation = {**OPERATION, "branch": {"when": when, "reply": "security_escalation"}}
        assert new_hint(desk, "h.yaml", hint_file(desk, operations=[operation]), "ann@bank").taken
    return desk


def drive(desk: Desk, *steps: Drive, size: tuple[int, int] = (80, 24)) -> ReviewApp:
    """Run the screen, press what the steps press, and give the app back as it was left."""
    app = ReviewApp(AtTheDesk(desk, "ann@bank", None))

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for step in steps:
                await step(pilot)
                await pilot.pause()

    asyncio.run(run())
    return app


def press(*keys: str) -> Drive:
    async def step(pilot: Pilot[Any]) -> None:
        await pilot.press(*keys)

    return step


def seen(into: list[str]) -> Drive:
    """The screen as text, a line a row."""

    async def step(pilot: Pilot[Any]) -> None:
        width, height = pilot.app.size
        lines = pilot.app.screen._compositor.render_strips()
        into.append("\n".join("".join(part.text for part in strip) for strip in lines[:height]))
        assert width

    return step


def decisions(desk: Desk) -> list[tuple[str, str]]:
    return [
        (e.event, (e.why or {}).get("code", "")) for e in desk.ground().book.events if e.event != "proposed"
    ]


def test_queue_and_hint_side_by_side(desk: Desk) -> None:
    screens: list[str] = []
    drive(desk, seen(screens))
    top, *lines = screens[0].split("\n")
    assert "1 of 2, 2 to decide" in top
    assert all(len(line) <= 80 for line in lines)
    assert re.search(r"[0-9a-f]{6} Flagged.*\| ?h-[0-9a-f]{16}", screens[0])
    assert "a approve" in screens[0] and "q quit" in screens[0]


def test_what_people_wrote_is_shown_as_it_is(desk: Desk) -> None:
    screens: list[str] = []
    drive(desk, seen(screens), size=(100, 60))
    assert "[red]no[/]" in screens[0] and "\x1b" not in screens[0]


def test_approve_goes_on_the_record_and_the_next_is_looked_at(desk: Desk) -> None:
    app = drive(desk, press("a"))
    assert decisions(desk) == [("approved", "")]
    assert [one.status for one in app._rows].count("approved") == 1


@pytest.mark.parametrize(("key", "event"), [("r", "rejected"), ("d", "deferred")])
def test_a_reason_is_asked_for_by_keyboard_alone(desk: Desk, key: str, event: str) -> None:
    drive(desk, press("j", key, "down", "down", "tab", *"too wide", "enter"))
    assert decisions(desk) == [(event, "costly")]
    assert [e.why for e in desk.ground().book.events if e.why] == [{"code": "costly", "text": "too wide"}]


def test_escape_changes_nothing(desk: Desk) -> None:
    drive(desk, press("r", "escape"), press("n", "escape"), press("7"))
    assert decisions(desk) == []


def test_a_note_on_the_first_rejection(desk: Desk) -> None:
    drive(desk, press("n", *"fraud decides", "enter"))
    assert [one.notes for one in desk.ground().feedback if one.notes] == [("fraud decides",)]


def test_what_is_refused_is_said_and_nothing_is_lost(desk: Desk) -> None:
    """Somebody else rejects the hint while it is looked at."""
    from fixloop.commands.decide import Why, reject

    screens: list[str] = []

    async def meanwhile(pilot: Pilot[Any]) -> None:
        current = pilot.app.current  # type: ignore[attr-defined]
        reject(desk, [current.id], Why("duplicate"), "bo@bank")

    drive(desk, meanwhile, press("a"), seen(screens))
    assert decisions(desk) == [("rejected", "duplicate")]
    assert " is rejected: it" in screens[0]


def test_scrolling_and_a_narrow_terminal(desk: Desk) -> None:
    at: list[float] = []

    async def look(pilot: Pilot[Any]) -> None:
        at.append(pilot.app.query_one("#right").scroll_offset.y)

    drive(desk, look, press("space"), look)
    assert at[0] == 0 < at[1]
    screens: list[str] = []
    drive(desk, seen(screens), size=(50, 20))
    assert "Flagged accounts" in screens[0] and "|" not in screens[0].split("\n")[2]


def test_an_empty_queue_says_what_to_do(tmp_path: Path) -> None:
    screens: list[str] = []
    drive(bank(tmp_path), seen(screens), press("a", "r", "e", "j", "1"))
    assert "nothing waits" in screens[0] and "fixloop propose" in screens[0]


def test_without_colour(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    hint = desk.ground().book.with_status("proposed")[0]
    assert "\x1b" not in AtTheDesk(desk, "ann@bank", None).detail(hint.id, 60)


@pytest.fixture
def terminal(desk: Desk) -> Iterator[int]:
    """The real command in a real terminal of 80×24; the file descriptor of its other end."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "fixloop", "review", "--as", "ann@bank"]
    process = subprocess.Popen(
        command,
        cwd=desk.folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    yield ours
    process.kill()
    process.wait()


def read_until(terminal: int, wanted: bytes, seconds: float = 20.0) -> bytes:
    import select

    got, end = b"", time.monotonic() + seconds
    while wanted not in got and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                got += os.read(terminal, 65536)
            except OSError:
                break
    return got


def test_in_a_real_terminal(desk: Desk, terminal: int) -> None:
    assert b"to decide" in read_until(terminal, b"to decide")
    os.write(terminal, b"a")
    assert b"approved" in read_until(terminal, b"approved")
    os.write(terminal, b"q")
    read_until(terminal, b"\x00never", 1.0)
    assert decisions(desk) == [("approved", "")]


def test_an_interrupt_leaves_also_where_words_are_asked_for(desk: Desk, terminal: int) -> None:
    read_until(terminal, b"to decide")
    os.write(terminal, b"n")
    read_until(terminal, b"note")
    os.write(terminal, b"\x03")
    began = time.monotonic()
    read_until(terminal, b"\x00never", 20.0)  # ends with the process
    assert time.monotonic() - began < 15.0
    assert decisions(desk) == []


def test_without_a_terminal_it_says_what_to_use(desk: Desk) -> None:
    command = [sys.executable, "-m", "fixloop", "review"]
    said = subprocess.run(command, cwd=desk.folder, capture_output=True, text=True, check=False)
    assert said.returncode == 3 and "review needs a terminal" in said.stderr


def test_approving_what_another_approved_hint_changes_too_is_said(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    root = {"op": "set_threshold", "at": "root", "was": 0.3}
    low, high = (record(desk, hint_of([{**root, "to": to}], step="intent"), ()) for to in (0.1, 0.14))
    at_the_desk = AtTheDesk(desk, "ann@bank", None)
    assert at_the_desk.approve(low.id) == f"{low.id[:8]} approved"
    assert f"{low.id[:8]}, also approved, changes the same" in at_the_desk.approve(high.id)
