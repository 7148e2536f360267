"""Rows into feedback: the proposal reproduced, everything redacted together, the replay tried."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.feedback.incoming import Incoming
from fixloop.feedback.model import Feedback
from fixloop.feedback.redact import Redacted, Redactor
from fixloop.pipeline.compile import Fixture, Forced, Pipeline
from fixloop.pipeline.fetch import Fields
from fixloop.pipeline.fixture import fields_json, parse_fixture, rows_json
from fixloop.pipeline.proposal import Proposal

EXACT, LOSSY = "exact", "lossy"
KEPT = ("leaf", "path", "branch", "records", "reply", "tools", "needs_review", "workspace")
"""The keys of `run --json` that the record keeps beside `fields` and `rows`."""


@dataclass(frozen=True, slots=True)
class _Replayed:
    """A row, the pipeline's answer to it, and its fixture before redaction."""

    row: Incoming
    proposal: Proposal
    recorded: Mapping[str, Any]
    fixture: Fixture


class Intake:
    """Turns batches of rows into feedback, for one workspace and one key."""

    def __init__(self, pipeline: Pipeline, key: bytes, source: str) -> None:
        self._pipeline = pipeline
        self._key = key
        self._source = source
        self._redactor = Redactor(pipeline.workspace, key)
        config, sources = pipeline.workspace.config, pipeline.workspace.fetch.sources
        self._can_extract = config.engines.extraction == "rules" and all(
            source.kind == "jsonl" for source in sources.values()
        )

    def take(self, rows: Sequence[Incoming]) -> list[Feedback]:
        """A piece of feedback for each row, in order."""
        replayed = self._replay(rows)
        redacted = [self._redact(one) for one in replayed]
        fixtures = [Fixture(one.ticket, one.fields, _tuples(one.rows)) for one in redacted]
        self._redactor.forget_rows()
        again = self._pipeline.replay_many([(fixture, Forced()) for fixture in fixtures])
        return [
            self._feedback(one, clean, after, self._same(one.proposal, after))
            for one, clean, after in zip(replayed, redacted, again, strict=True)
        ]

    def _replay(self, rows: Sequence[Incoming]) -> list[_Replayed]:
        """What staff saw, on the rows they saw where the source has them, else on the live ones."""
        fixtures = [parse_fixture(row.ticket, row.proposal or {}) for row in rows]
        live = iter(self._pipeline.propose([one.ticket for one in fixtures if one.rows is None]))
        given = iter(
            self._pipeline.replay_many([(one, Forced()) for one in fixtures if one.rows is not None])
        )
        return [
            _replayed(row, next(live if fixture.rows is None else given), fixture)
            for row, fixture in zip(rows, fixtures, strict=True)
        ]

    def _redact(self, one: _Replayed) -> Redacted:
        said = self._said(f"{one.row.comment}\n{one.row.reply or ''}")
        fixture = one.fixture
        return self._redactor.redact(one.row, one.recorded, fixture.fields or {}, fixture.rows or {}, said)

    def _said(self, text: str) -> Fields:
        """The field values in staff's words; only our own rules are asked, no engine."""
        return self._pipeline.extract(text) if self._can_extract and text.strip() else {}

    def _feedback(self, one: _Replayed, clean: Redacted, after: Proposal, same: bool) -> Feedback:
        row = one.row
        # A surrogate may have other twins than its value where a pattern knows one kind of twin only; what
        # replay finds is what is kept.
        fields = after.fields if same and self._can_extract else clean.fields
        fixture = {"fields": fields_json(fields), "rows": rows_json(clean.rows)}
        return Feedback(
            id=self._id(row),
            source=self._source,
            ticket=clean.ticket.to_json(),
            outcome=row.outcome,
            comment=clean.comment,
            reviewer=row.reviewer,
            at=row.at,
            reason=row.reason,
            expected=clean.expected,
            reply=clean.reply,
            proposal={**clean.proposal, **fixture},
            replay=EXACT if same else LOSSY,
        )

    def _same(self, before: Proposal, after: Proposal) -> bool:
        """Whether the redacted ticket is answered as the ticket was, from the same records."""
        wanted = [self._redactor.record_id(record.id) for record in before.records]
        return (
            before.failure is None
            and after.failure is None
            and (before.leaf, before.branch) == (after.leaf, after.branch)
            and sorted(wanted) == sorted(record.id for record in after.records)
        )

    def _id(self, row: Incoming) -> str:
        """Who said when what about which ticket; a row that leaves that open is known by all of itself."""
        parts = (self._source, row.ticket.id, row.reviewer, row.at, row.outcome)
        if all(parts):
            return "fb-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
        content = f"{self._source}\0{row.raw.strip()}".encode("utf-8", "surrogatepass")
        return "fb-" + hmac.digest(self._key, content, "sha256").hex()[:16]


def _replayed(row: Incoming, answer: Proposal, given: Fixture) -> _Replayed:
    answered = _answered(answer)
    recorded = {key: value for key, value in (row.proposal or {}).items() if key in KEPT}
    merged = {key: recorded.get(key, answered[key]) for key in KEPT}
    fields = answer.fields if given.fields is None else given.fields
    rows = answer.rows if given.rows is None else given.rows
    return _Replayed(row, answer, merged, Fixture(row.ticket, fields, rows))


def _answered(answer: Proposal) -> dict[str, Any]:
    """The kept keys of `run --json`; telling why takes longer than all of them."""
    return {
        "workspace": answer.workspace,
        "leaf": answer.leaf,
        "path": list(answer.path),
        "records": [
            {"id": one.id, "score": one.score, "matched": list(one.matched)} for one in answer.records
        ],
        "branch": answer.branch,
        "reply": {"template": answer.reply.template, "text": answer.reply.text},
        "tools": [{"name": tool.name, "args": tool.args} for tool in answer.tools],
        "needs_review": answer.needs_review,
    }


def _tuples(rows: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Any, ...]]:
    return {source: tuple(found) for source, found in rows.items()}
