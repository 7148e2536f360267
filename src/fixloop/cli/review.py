"""`fixloop review`."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixloop.cli.answering import progress
from fixloop.cli.options import As, Onto, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.desk import Desk
    from fixloop.report.review import Reason, Row

app = verb()


@app.command()
def review(who: As = None, onto: Onto = None, repo: Repo = ".") -> int:
    """Go through the queue at the terminal, key by key.

    Keys: a approve, r reject, d defer, e edit, n note, 1-9 answer, j k up down move, space b scroll, q quit.
    """
    from fixloop.errors import EnvironmentLacks
    from fixloop.wiring import build_desk

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise EnvironmentLacks(
            "review needs a terminal", mend="fixloop hints, fixloop show ID, fixloop approve ID"
        )
    desk = build_desk(repo, lambda _: None)
    desk.person(who)
    from fixloop.report.review import run_review

    run_review(AtTheDesk(desk, who, onto))
    progress.done()
    return 0


@dataclass(frozen=True)
class AtTheDesk:
    """What the screen shows and does, by the commands that do the same from a script."""

    desk: "Desk"
    who: str | None
    onto: str | None

    @property
    def codes(self) -> "Sequence[str]":
        """The reasons there are."""
        from fixloop.hints.ledger import WHY_CODES

        return WHY_CODES

    def queue(self) -> "Sequence[Row]":
        """The open hints, best first."""
        from fixloop.commands.hints import list_hints
        from fixloop.report.review import Row

        found = list_hints(self.desk)
        rows = zip(found.hints, found.statuses, found.names, strict=True)
        return [Row(h.id, name, status, h.summary, h.question is not None) for h, status, name in rows]

    def detail(self, hint: str, width: int) -> str:
        """One hint, as `fixloop show` draws it."""
        from fixloop.commands.hints import show_hint
        from fixloop.report.hints import draw_hint
        from fixloop.report.page import Page

        found = show_hint(self.desk, hint, self.onto)
        page = Page(width, colour=not os.environ.get("NO_COLOR"))
        draw_hint(page, found.hint, found.status, *found.told)
        return str(page)

    def approve(self, hint: str) -> str:
        """Approve it as it stands."""
        from fixloop.commands.decide import approve

        found = approve(self.desk, [hint], self.who)
        others = ", ".join(rival.other[:8] for rival in found.rivals)
        same = f": {others}, also approved, changes the same; only one lands" if others else ""
        return f"{hint[:8]} {found.status}{same}"

    def reject(self, hint: str, why: "Reason") -> str:
        """Reject it."""
        from fixloop.commands.decide import Why, reject

        return f"{hint[:8]} {reject(self.desk, [hint], Why(why.code, why.text), self.who).status}"

    def defer(self, hint: str, why: "Reason") -> str:
        """Put it off."""
        from fixloop.commands.decide import Why, defer

        return f"{hint[:8]} {defer(self.desk, [hint], Why(why.code, why.text), self.who).status}"

    def answer(self, hint: str, choice: int) -> str:
        """Answer the question it asks."""
        from fixloop.commands.decide import answer

        found = answer(self.desk, hint, choice, self.who)
        return f"{hint[:8]} answered: {found.status} {' '.join(one[:8] for one in found.ids)}"

    def edit(self, hint: str) -> str:
        """Change it in the person's editor."""
        from fixloop.cli.editing import edited
        from fixloop.commands.hint import edit_hint, new_hint
        from fixloop.errors import BadInput

        old, text = edit_hint(self.desk, hint)
        written = edited(text)
        if written is None:
            return "nothing was written"
        kept = self.desk.repo.common_dir / "fixloop" / "hint.yaml"
        kept.parent.mkdir(exist_ok=True)
        self.desk.write(kept, written.encode(), 0o600)
        result = new_hint(self.desk, str(kept), written.encode(), self.who, self.onto, replaces=old.id)
        if not result.taken or result.hint is None:
            missing = "".join(f"\n{said}" for said in result.missing)
            raise BadInput(f"not taken: {result.reason}{missing}", mend=f"it is kept in {kept}")
        return f"{result.hint.id[:8]} takes the place of {old.id[:8]}"

    def note(self, hint: str, text: str) -> str:
        """Say what its first rejection meant."""
        from fixloop.commands.hints import show_hint
        from fixloop.commands.note import note
        from fixloop.errors import BadInput

        evidence = show_hint(self.desk, hint, self.onto).hint.evidence
        if not evidence:
            raise BadInput("no rejection stands behind it", mend="fixloop note FB TEXT")
        return f"noted on {note(self.desk, evidence[0], text, self.who).feedback[:9]}"
