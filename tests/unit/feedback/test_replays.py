"""Stored tickets answered from what earlier runs know: the outcomes that replaying them would give."""

from collections.abc import Mapping

import pytest

from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import recent, replay_all, replay_outcomes
from fixloop.feedback.shards import parse_shard, render_line
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.memo import Memo
from fixloop.ports.cache import NoCache
from tests.support.worlds import build_workspace, minimal_world

ROW = {"account_id": "x1", "account_number": "ABC12345", "branch": "Riverton", "hotline": "0800"}


def stored(number: int, text: str, **row: object) -> Feedback:
    proposal = {"rows": {"accounts": [{**ROW, **row}]}, "fields": {"account": {"branch": ["Riverton"]}}}
    ticket = {"id": f"T-{number}", "text": text}
    return Feedback(f"fb-{number}", "native", ticket, "rejected", proposal=proposal)


TICKETS = (
    stored(1, "my account ABC12345 is locked", fraud_flag=True),
    stored(2, "locked out of account ABC12345", fraud_flag=False),
    stored(3, "the transfer from ABC12345 came back"),
    stored(4, "what a lovely day"),
)


class Kept(dict[tuple[str, str], bytes]):
    """A cache in memory."""

    def load(self, kind: str, key: str) -> bytes | None:
        return self.get((kind, key))

    def save(self, kind: str, key: str, data: bytes) -> None:
        self[kind, key] = data


def compiled(files: Mapping[str, str]) -> Pipeline:
    return compile_pipeline(build_workspace(files), NoCache())


@pytest.mark.parametrize(
    ("path", "old", "new", "asked"),
    [
        ("plan_trees/account_locked.yaml", "{record.fraud_flag: true}", "{record.branch: Riverton}", {1, 2}),
        ("workspace/templates.yaml", "Please check", "Check", {3}),
        ("workspace/fetch.yaml", "weight: 5", "weight: 1", {1, 2, 3, 4}),
        ("workspace/records/accounts.jsonl", "KTR05821", "ABC12345", set()),
        ("workspace/examples/login_problem.jsonl", "the sign in page", "the transfer page", set()),
    ],
)
def test_known_outcomes_are_what_replaying_gives(
    path: str, old: str, new: str, asked: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only the tickets on whose way something changed are replayed."""
    world, cache = minimal_world(), Kept()
    changed = {**world, path: world[path].replace(old, new)}
    replay_outcomes(compiled(world), TICKETS, Memo(cache))
    pipeline = compiled(changed)
    bare = {key: proposal.outcome for key, proposal in replay_all(compiled(changed), TICKETS).items()}
    replayed: list[str] = []
    whole = Pipeline.replay_many

    def seen(self: Pipeline, replays):  # type: ignore[no-untyped-def]
        replayed.extend(fixture.ticket.id for fixture, _ in replays)
        return whole(self, replays)

    monkeypatch.setattr(Pipeline, "replay_many", seen)
    assert replay_outcomes(pipeline, TICKETS, Memo(cache)) == bare
    assert set(replayed) == {f"T-{number}" for number in asked}


def taken_in(month: str, *moments: str) -> tuple[Feedback, ...]:
    """Feedback said at these moments and kept in a shard of that month."""
    said = [Feedback(f"fb-{at}", "native", {"id": at, "text": at}, "accepted", at=at) for at in moments]
    return tuple(parse_shard(f"feedback/{month}/x.jsonl", b"".join(map(render_line, said))))


def test_one_moment_in_the_future_leaves_nothing_out() -> None:
    """A slip in one year must not take all other tickets from the gate's sight."""
    feedback = taken_in("2026-11", "2026-10-01T08:00:00Z", "2026-11-20T09:00:00Z", "2062-11-20T09:00:00Z")
    assert recent(feedback, 365) == feedback
    assert [one.at[:4] for one in recent((*feedback, *taken_in("2026-11", "2024-01-01T00:00:00Z")), 365)] == [
        "2026", "2026", "2062",
    ]  # fmt: skip


def test_the_window_may_be_longer_than_the_calendar() -> None:
    feedback = taken_in("0090-01", "0001-02-01T00:00:00Z", "0090-01-01T00:00:00Z")
    assert recent(feedback, 36_500) == feedback
