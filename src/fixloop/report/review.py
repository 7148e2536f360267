"""`review`: the queue and one hint side by side, at a terminal, by keyboard alone.

The screen knows no command: what it shows and what a key does is asked of a `Reviewing`. Texts of customers
come drawn by `report.page`, so they are escaped there and never read as markup here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Label, ListItem, ListView, OptionList, Static

from fixloop.errors import FixloopError
from fixloop.workspace.text import escaped

QUEUE_WIDTH = 27
_MARKS = {
    "approved": "+",
    "applied": "+",
    "merged": "*",
    "rejected": "x",
    "deferred": "-",
    "failed": "!",
    "conflict": "!",
    "stale": "~",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A hint in the queue: its id and short name, status, and first line."""

    id: str
    name: str
    status: str
    summary: str
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code and a person's words."""

    code: str
    text: str


class Reviewing(Protocol):
    """What the screen shows and does; every deed gives back what to say, or raises FixloopError."""

    @property
    def codes(self) -> Sequence[str]:
        """The reasons there are."""
        ...

    def queue(self) -> Sequence[Row]:
        """The open hints, best first."""
        ...

    def detail(self, hint: str, width: int) -> str:
        """One hint drawn for a width, with its terminal colours."""
        ...

    def approve(self, hint: str) -> str:
        """Approve it as it stands."""
        ...

    def reject(self, hint: str, why: Reason) -> str:
        """Reject it."""
        ...

    def defer(self, hint: str, why: Reason) -> str:
        """Put it off."""
        ...

    def answer(self, hint: str, choice: int) -> str:
        """Answer the question it asks."""
        ...

    def edit(self, hint: str) -> str:
        """Change it in the person's editor, which has the terminal meanwhile."""
        ...

    def note(self, hint: str, text: str) -> str:
        """Say what its first rejection meant."""
        ...


class AskReason(ModalScreen[Reason | None]):
    """Which reason, and in what words."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, verb: str, codes: Sequence[str]) -> None:
        super().__init__()
        self._verb = verb
        self._codes = codes

    def compose(self) -> ComposeResult:
        """A list of codes over a line for words."""
        with Vertical(id="ask"):
            yield Label(f"Why {self._verb}? up/down, Tab for words, Enter; Esc goes back")
            yield OptionList(*self._codes, id="codes")
            yield Input(placeholder="in your own words (optional)", id="words")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a code."""
        self._done()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter after the words."""
        self._done()

    def _done(self) -> None:
        at = self.query_one("#codes", OptionList).highlighted or 0
        self.dismiss(Reason(self._codes[at], self.query_one("#words", Input).value.strip()))


class AskWords(ModalScreen[str | None]):
    """One line of words."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question over a line for words."""
        with Vertical(id="ask"):
            yield Label(self._question)
            yield Input(id="words")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter after the words."""
        self.dismiss(event.value.strip() or None)


class ReviewApp(App[int]):
    """The screen."""

    TITLE = "fixloop review"
    ENABLE_COMMAND_PALETTE = False
    CSS = f"""
    #bar {{ height: 1; text-style: reverse; }}
    #queue {{ width: {QUEUE_WIDTH}; height: 1fr; scrollbar-size-vertical: 1; }}
    #right {{ width: 1fr; height: 1fr; border-left: ascii; padding-left: 1; scrollbar-size-vertical: 1; }}
    #detail {{ width: 1fr; height: auto; }}
    AskReason, AskWords {{ align: center middle; }}
    #ask {{ width: 64; max-width: 95%; height: auto; border: ascii; padding: 0 1; background: $surface; }}
    #codes {{ height: auto; max-height: 10; border: none; }}
    .narrow #queue {{ display: none; }}
    .narrow #right {{ border-left: none; padding-left: 0; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "approve"),
        Binding("r", "reason('reject')", "reject"),
        Binding("d", "reason('defer')", "defer"),
        Binding("e", "edit", "edit"),
        Binding("n", "note", "note"),
        *(Binding(str(n), f"answer({n})", "answer", show=n == 1, key_display="1-9") for n in range(1, 10)),
        Binding("j,down", "move(1)", "next", show=False, priority=False),
        Binding("k,up", "move(-1)", "before", show=False, priority=False),
        Binding("space,pagedown", "page(1)", "scroll", key_display="space"),
        Binding("b,pageup", "page(-1)", "back", show=False),
        Binding("q,escape", "quit", "quit", key_display="q"),
        # Whoever is asked for words leaves, too: nothing is decided until it is said.
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]

    def __init__(self, reviewing: Reviewing) -> None:
        super().__init__()
        self._reviewing = reviewing
        self._rows: list[Row] = []
        self._said = ""

    def compose(self) -> ComposeResult:
        """A bar, the queue beside the hint, and the keys."""
        yield Static(id="bar")
        with Horizontal():
            yield ListView(id="queue")
            with VerticalScroll(id="right", can_focus=False):
                yield Static(id="detail")
        yield Footer(compact=True, show_command_palette=False)

    async def on_mount(self) -> None:
        """The first look."""
        await self._refresh_queue()
        self.query_one("#queue", ListView).focus()

    # --- what is shown ----------------------------------------------------------------------------------

    @property
    def current(self) -> Row | None:
        """The hint that is looked at."""
        at = self.query_one("#queue", ListView).index
        return self._rows[at] if at is not None and at < len(self._rows) else None

    async def _refresh_queue(self, stay: str | None = None) -> None:
        """Read the queue again; the cursor stays on a hint, or where it was."""
        view = self.query_one("#queue", ListView)
        at = view.index or 0
        self._rows = list(self._reviewing.queue())
        ids = [row.id for row in self._rows]
        at = ids.index(stay) if stay in ids else min(at, max(len(ids) - 1, 0))
        await view.clear()
        await view.extend(ListItem(Label(_line(row))) for row in self._rows)
        view.index = at if self._rows else None
        self._show()

    def _show(self) -> None:
        row = self.current
        open_ones = sum(row.status in ("proposed", "deferred") for row in self._rows)
        place = f"{self._rows.index(row) + 1} of {len(self._rows)}" if row else "nothing waits"
        bar = f" fixloop review  {place}, {open_ones} to decide  {self._said}"
        self.query_one("#bar", Static).update(Text(bar, no_wrap=True, overflow="ellipsis"))
        right = self.query_one("#right", VerticalScroll)
        width = max(right.size.width - 2, 30)
        drawn = self._reviewing.detail(row.id, width) if row else "No hint waits for anybody: fixloop propose"
        self.query_one("#detail", Static).update(Text.from_ansi(drawn, no_wrap=True))
        right.scroll_home(animate=False)

    def on_resize(self, event: Resize) -> None:
        """Draw again for the width there is; a narrow terminal shows the hint alone."""
        self.screen.set_class(event.size.width < 64, "narrow")
        if self.is_running:
            self.call_after_refresh(self._show)

    def on_list_view_highlighted(self, event: ListView.Highlighted) -> None:
        """Another hint is looked at."""
        self._show()

    # --- keys -------------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Up and down the queue."""
        view = self.query_one("#queue", ListView)
        if self._rows:
            view.index = min(max((view.index or 0) + by, 0), len(self._rows) - 1)

    def action_page(self, by: int) -> None:
        """Scroll the hint."""
        right = self.query_one("#right", VerticalScroll)
        right.scroll_relative(y=by * max(right.size.height - 2, 1), animate=False)

    async def action_approve(self) -> None:
        """Approve what is looked at."""
        await self._do(self._reviewing.approve)

    def action_reason(self, verb: str) -> None:
        """Reject or defer what is looked at, after asking why."""
        deed = self._reviewing.reject if verb == "reject" else self._reviewing.defer

        async def go_on(why: Reason | None) -> None:
            if why:
                await self._do(lambda hint: deed(hint, why))

        if self.current:
            self.push_screen(AskReason(verb, self._reviewing.codes), go_on)

    def action_note(self) -> None:
        """Say what the first rejection meant."""

        async def go_on(words: str | None) -> None:
            if words:
                await self._do(lambda hint: self._reviewing.note(hint, words))

        if self.current:
            self.push_screen(AskWords("What should have happened? Enter; Esc goes back"), go_on)

    async def action_answer(self, choice: int) -> None:
        """Answer the question that is looked at."""
        if self.current and self.current.asks:
            await self._do(lambda hint: self._reviewing.answer(hint, choice))

    async def action_edit(self) -> None:
        """Give the terminal to the editor."""

        def in_editor(hint: str) -> str:
            with self.suspend():
                return self._reviewing.edit(hint)

        await self._do(in_editor)

    async def _do(self, deed: Callable[[str], str]) -> None:
        """One deed on the hint that is looked at; what it says stands in the bar, what it refuses pops up."""
        row = self.current
        if row is None:
            return
        try:
            self._said = escaped(deed(row.id))
        except FixloopError as error:
            # `markup=False`: a message quotes what people wrote.
            self._said = f"! {escaped(error.message)}"
            mend = f"\n→ {escaped(error.mend)}" if error.mend else ""
            self.notify(escaped(error.message) + mend, severity="error", markup=False)
        await self._refresh_queue()


def _line(row: Row) -> Text:
    mark = "?" if row.asks else _MARKS.get(row.status, " ")
    text = f"{mark} {row.name.removeprefix('h-')} {escaped(row.summary)}"
    return Text(text, no_wrap=True, overflow="ellipsis")


def run_review(reviewing: Reviewing) -> Any:
    """Show the screen until the person leaves it."""
    return ReviewApp(reviewing).run()
