from typing import Any

import pytest

from fixloop.pipeline.conditions import compile_condition, describe
from fixloop.pipeline.fetch import Fetched, FetchedRecord, Record
from fixloop.pipeline.scope import Scope
from fixloop.pipeline.ticket import Ticket
from fixloop.workspace.model import All, AnyOf, Condition, Not, Test

ROW = {
    "one": 1,
    "text": "1",
    "yes": True,
    "none": None,
    "empty": [],
    "tags": ["a", "b"],
    "people": [{"n": "x"}, {"n": 2}],
}


def scope(*rows: dict[str, Any]) -> Scope:
    records = tuple(
        FetchedRecord(str(at), 5.0, (), Record(str(at), {"s": [row]})) for at, row in enumerate(rows)
    )
    ticket = Ticket("T-1", "hello", language="de", meta={"tier": {"level": 2}})
    return Scope(ticket, {"g": {"f": ("v", "w")}}, Fetched(records, records, 5.0, 1.0), {})


def holds(path: str, op: str, value: Any, *rows: dict[str, Any]) -> bool | None:
    return compile_condition(Test(path, op, value))(scope(*(rows or (ROW,))))


class TestComparison:
    @pytest.mark.parametrize(
        ("path", "value", "answer"),
        [
            ("record.one", 1, True),
            ("record.one", 1.0, True),
            ("record.one", True, False),
            ("record.one", "1", False),
            ("record.text", 1, False),
            ("record.yes", 1, False),
            ("record.yes", True, True),
            ("record.tags", "a", True),
            ("record.tags", ["a", "b"], True),
            ("record.tags", ["b", "a"], False),
            ("record.people.n", 2, True),
            ("record.people", {"n": "x"}, True),
            ("record.tags.1", "b", True),
        ],
    )
    def test_eq_is_typed_and_any_element_s(self, path: str, value: Any, answer: bool) -> None:
        assert holds(path, "eq", value) is answer
        assert holds(path, "ne", value) is not answer
        assert holds(path, "in", [value, "never"]) is answer
        assert holds(path, "not_in", [value, "never"]) is not answer

    @pytest.mark.parametrize(
        ("path", "op", "value", "answer"),
        [
            ("record.one", "gt", 0, True),
            ("record.one", "gte", 1.0, True),
            ("record.one", "lt", 1, False),
            ("record.one", "lte", "2", False),
            ("record.yes", "gt", 0, False),
            ("record.text", "lt", "2", True),
            ("record.tags", "gt", "a", True),
            ("record.tags", "gt", "b", False),
            ("record.people.n", "gte", 2, True),
        ],
    )
    def test_order_is_between_numbers_or_texts(self, path: str, op: str, value: Any, answer: bool) -> None:
        assert holds(path, op, value) is answer

    @pytest.mark.parametrize(
        ("path", "value", "answer"),
        [
            ("ticket.text", "ell", True),
            ("ticket.text", "ELL", False),
            ("record.tags", "a", True),
            ("record.people.n", 2, True),
            ("record.one", 1, False),
            ("fields.g.f", "v", True),
        ],
    )
    def test_contains_is_a_part_of_a_text_or_an_element(self, path: str, value: Any, answer: bool) -> None:
        assert holds(path, "contains", value) is answer

    @pytest.mark.parametrize(
        "path",
        [
            "record.gone",
            "record.none",
            "record.empty",
            "record.one.deep",
            "fields.g.x",
            "fields.x.f",
            "nowhere.x",
        ],
    )
    @pytest.mark.parametrize("op", ["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains"])
    def test_on_a_missing_value_every_operator_is_false(self, path: str, op: str) -> None:
        value: Any = ["x"] if op in ("in", "not_in") else "x"
        assert holds(path, op, value) is False
        assert holds(path, "exists", True) is False
        assert holds(path, "exists", False) is True

    def test_paths_reach_ticket_fields_and_fetched(self) -> None:
        assert holds("ticket.meta.tier.level", "eq", 2)
        assert holds("ticket.language", "in", ["de", "fr"])
        assert holds("fields.g.f", "eq", "w")
        assert holds("fetched.count", "eq", 1)
        assert holds("fetched.margin", "lt", 2)
        assert holds("records.text", "eq", "2", ROW, {"text": "2"})


class TestWithoutExactlyOneRecord:
    gone = Test("record.one", "eq", 1)
    yes = Test("fetched.count", "gte", 0)
    no = Test("fetched.count", "gt", 9)

    @pytest.mark.parametrize("rows", [(), (ROW, ROW)])
    @pytest.mark.parametrize(
        ("condition", "answer"),
        [
            (gone, None),
            (Test("record.one", "exists", False), None),
            (Not(gone), None),
            (All((gone, yes)), None),
            (All((gone, no)), False),
            (AnyOf((gone, yes)), True),
            (AnyOf((gone, no)), None),
            (Not(All((gone, no))), True),
            (Not(AnyOf((gone, no))), None),
        ],
    )
    def test_a_condition_on_it_is_unavailable(
        self, rows: tuple[Any, ...], condition: Condition, answer: Any
    ) -> None:
        assert compile_condition(condition)(scope(*rows)) is answer


def test_a_condition_reads_as_a_sentence() -> None:
    parts = All(
        (
            Test("record.fraud_flag", "eq", True),
            AnyOf((Test("fetched.count", "gt", 1), Not(Test("a.b", "in", [1])))),
        )
    )
    assert describe(parts) == "record.fraud_flag = true and (fetched.count > 1 or not (a.b in [1]))"
