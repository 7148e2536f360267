from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixloop.pipeline.fetch import MAX_ROWS, Fetched, Fields, GatheringLookup, MemorySource, RecordIndex
from fixloop.pipeline.rows import merged
from fixloop.workspace.model import FetchRules, Row, Signal, Source
from tests.unit.pipeline import bank

ROWS = {"accounts": bank.ACCOUNTS, "cards": bank.CARDS}


def fetch(
    fields: Mapping[str, Mapping[str, tuple[str, ...]]], rows: Any = None, threshold: float = 4
) -> Fetched:
    rules = FetchRules(bank.fetch_rules().sources, bank.signals(), threshold)
    return RecordIndex(rules, rows or ROWS).fetch(fields)


def number(*values: str) -> dict[str, tuple[str, ...]]:
    return {"account_number": values}


class TestSelection:
    def test_the_sole_maximum_at_the_threshold_is_selected(self) -> None:
        found = fetch({"account": number("KTR05821")}, threshold=5)
        assert ([one.id for one in found.records], found.top_score, found.margin) == (["a1"], 5, 5)

    def test_below_the_threshold_nothing_is(self) -> None:
        found = fetch({"account": {"branch": ("Riverton",)}})
        assert (found.count, [one.id for one in found.candidates], found.top_score) == (0, ["a1"], 2)

    def test_a_tie_selects_all_that_tie(self) -> None:
        found = fetch({"account": number("NSB01234", "KTR05821")})
        assert ([one.id for one in found.records], found.margin) == (["a1", "a3"], 0)

    def test_the_margin_is_the_lead_over_the_runner_up(self) -> None:
        found = fetch({"account": number("KTR05821"), "people": {"given_name": ("Alex",)}})
        assert (found.top_score, found.margin) == (5, 4)

    @pytest.mark.parametrize(
        ("margin", "threshold", "selected"),
        [
            (0, 4, ["a1"]),
            (1, 4, ["a1"]),
            (1.5, 4, ["a1", "a3"]),
            (1.5, 6, ["a1"]),
            (9, 7, []),
            (6, 1, ["a1", "a3"]),
        ],
    )
    def test_who_is_less_than_the_margin_behind_ties(
        self, margin: float, threshold: float, selected: list[str]
    ) -> None:
        rules = replace(bank.fetch_rules(), threshold=threshold, margin=margin)
        fields: Fields = {"account": number("KTR05821", "NSB01234"), "people": {"given_name": ("Sam",)}}
        found = RecordIndex(rules, ROWS).fetch(fields)
        assert ([one.id for one in found.records], found.margin) == (selected, 1)
        assert RecordIndex(rules, found.rows).fetch(fields) == found

    def test_no_value_no_candidate(self) -> None:
        assert fetch({}) == fetch({"unknown": {"field": ("x",)}}) == Fetched()

    def test_a_signal_counts_once_a_record(self) -> None:
        found = fetch({"people": {"given_name": ("Alex", "Kim")}}, threshold=0)
        assert [(one.score, one.matched) for one in found.records] == [(1, ("people.given_name=Alex (+1)",))]

    def test_signals_add_up_across_sources(self) -> None:
        found = fetch({"card": {"last_four": ("4711",)}, "people": {"given_name": ("Sam",)}})
        assert [(one.id, one.score) for one in found.records] == [("a1", 4)]
        assert found.records[0].matched == ("people.given_name=Sam (+1)", "card.last_four=4711 (+3)")

    def test_weights_add_up_as_decimals(self) -> None:
        source = Source("s", "jsonl", "id", {"a": "string", "b": "string", "c": "string"})
        weights = (Signal("g.a", "s", "a", 0.7), Signal("g.b", "s", "b", 0.1), Signal("g.c", "s", "c", 0.8))
        index = RecordIndex(
            FetchRules({"s": source}, weights, 0.8),
            {"s": [{"id": "1", "a": "x", "b": "y"}, {"id": "2", "c": "z"}]},
        )
        assert [one.id for one in index.fetch({"g": {"a": ("x",), "b": ("y",), "c": ("z",)}}).records] == [
            "1",
            "2",
        ]


class TestMatching:
    @pytest.mark.parametrize("value", ["st. ives", " ST. IVES ", "\uff33\uff54. Ives"])
    def test_case_width_and_edges_do_not_matter(self, value: str) -> None:
        assert [one.id for one in fetch({"account": {"branch": (value,)}}).candidates] == ["a388"]

    def test_numbers_match_by_their_json_text(self) -> None:
        source = Source("s", "jsonl", "id", {"n": "number"})
        rules = FetchRules({"s": source}, (Signal("g.n", "s", "n", 1),), 1)
        index = RecordIndex(rules, {"s": [{"id": 7, "n": 12}, {"id": 8, "n": True}, {"id": 9, "n": 1.5}]})
        ids = {
            value: [one.id for one in index.fetch({"g": {"n": (value,)}}).records]
            for value in ("12", "true", "1.5")
        }
        assert ids == {"12": ["7"], "true": ["8"], "1.5": ["9"]}


class TestMerging:
    def test_rows_of_one_id_are_one_record(self) -> None:
        record = fetch({"card": {"last_four": ("4711",)}}).candidates[0]
        assert record.row["fraud_flag"] is True
        assert record.row["card_last_four"] == "4711"

    def test_columns_that_differ_become_the_list_of_their_values(self) -> None:
        rows = [
            {"id": 1, "a": "x", "l": ["p"], "b": True},
            {"id": 1, "a": "y", "l": ["q", "p"], "b": 1, "n": None},
        ]
        assert merged(rows) == {"id": 1, "a": ["x", "y"], "l": ["p", "q"], "b": [True, 1]}

    def test_only_declared_columns_leave_a_source(self) -> None:
        found = fetch({"account": number("KTR09999")})
        assert "secret" not in found.records[0].row
        assert all("secret" not in row for rows in found.rows.values() for row in rows)

    def test_a_fixture_holds_the_rows_that_no_signal_matched_too(self) -> None:
        found = fetch({"account": number("KTR05821")})
        assert found.rows == {"accounts": (bank.ACCOUNTS[0],), "cards": (bank.CARDS[0],)}

    def test_a_row_without_an_id_is_nobody_s(self) -> None:
        assert fetch({"account": number("X")}, {"accounts": [{"account_number": "X"}]}).candidates == ()


class TestCompare:
    RULES = FetchRules(
        {"s": Source("s", "jsonl", "id", {"number": "string"})},
        (Signal("g.number", "s", "number", 5, compare="letters_and_digits"),),
        5,
    )
    ROWS: Mapping[str, Sequence[Row]] = {"s": [{"id": "1", "number": "#W-1234"}, {"id": "2", "number": "#"}]}

    @pytest.mark.parametrize("value", ["#W-1234", "W1234", "w 12 34", "W.1234"])
    def test_by_letters_and_digits_alone(self, value: str) -> None:
        found = RecordIndex(self.RULES, self.ROWS).fetch({"g": {"number": (value,)}})
        assert [one.id for one in found.records] == ["1"]

    @pytest.mark.parametrize("value", ["W1235", "#", "-"])
    def test_other_letters_and_no_letters_match_nothing(self, value: str) -> None:
        assert RecordIndex(self.RULES, self.ROWS).fetch({"g": {"number": (value,)}}) == Fetched()

    def test_as_text_a_sign_counts(self) -> None:
        rules = replace(self.RULES, signals=(replace(self.RULES.signals[0], compare="text"),))
        assert RecordIndex(rules, self.ROWS).fetch({"g": {"number": ("W1234",)}}).count == 0


class TestManyRows:
    """One customer, several orders: `many` and `narrow`."""

    RULES = FetchRules(
        {
            "users": Source("users", "jsonl", "user_id", {"email": "string", "name": "object"}),
            "orders": Source(
                "orders",
                "jsonl",
                "user_id",
                {"order_id": "string", "status": "string", "items": "list"},
                many=True,
                narrow={"order.number": "order_id", "order.item": "items.name"},
            ),
        },
        (
            Signal("contact.email", "users", "email", 5),
            Signal("people.first_name", "users", "name.first_name", 1),
        ),
        4,
    )
    ROWS: Mapping[str, Sequence[Row]] = {
        "users": [
            {"user_id": "ann", "email": "ann@example.org", "name": {"first_name": "Ann"}},
            {"user_id": "bo", "email": "bo@example.org", "name": {"first_name": "Bo"}},
        ],
        "orders": [
            {"user_id": "ann", "order_id": "#1", "status": "pending", "items": [{"name": "Lamp"}]},
            {
                "user_id": "ann",
                "order_id": "#2",
                "status": "delivered",
                "items": [{"name": "Lamp"}, {"name": "T-Shirt"}],
            },
            {"user_id": "bo", "order_id": "#3", "status": "pending", "items": [{"name": "Mug"}]},
        ],
    }

    def fetch(self, who: str, **order: tuple[str, ...]) -> Fetched:
        fields: Fields = {"contact": {"email": (f"{who}@example.org",)}, "order": order}
        return RecordIndex(self.RULES, self.ROWS).fetch(fields)

    def orders(self, who: str, **order: tuple[str, ...]) -> object:
        return self.fetch(who, **order).records[0].row["order_id"]

    def test_columns_of_many_rows_are_lists_also_where_there_is_one(self) -> None:
        assert (self.orders("ann"), self.orders("bo")) == (["#1", "#2"], ["#3"])
        assert self.fetch("bo").records[0].row["email"] == "bo@example.org"

    def test_a_row_that_the_ticket_names_is_the_one_it_is_about(self) -> None:
        row = self.fetch("ann", number=("2",)).records[0].row
        assert (row["order_id"], row["status"], row["user_id"]) == (["#2"], ["delivered"], "ann")

    def test_narrowing_goes_on_among_the_rows_named_so_far(self) -> None:
        assert self.orders("ann", item=("lamp",)) == ["#1", "#2"]
        assert self.orders("ann", item=("tshirt",)) == ["#2"]
        assert self.orders("ann", number=("#1",), item=("lamp", "tshirt")) == ["#1"]

    def test_what_names_no_row_leaves_all(self) -> None:
        assert self.orders("ann", number=("#3",), item=("sofa",)) == ["#1", "#2"]

    def test_narrowing_is_no_evidence_and_a_fixture_keeps_every_row(self) -> None:
        found = self.fetch("ann", number=("#2",))
        assert found.records[0].matched == ("contact.email=ann@example.org (+5)",)
        assert [row["order_id"] for row in found.rows["orders"]] == ["#1", "#2"]
        fields = {"contact": {"email": ("ann@example.org",)}, "order": {"number": ("#2",)}}
        again = RecordIndex(self.RULES, found.rows).fetch(fields)
        assert (again, again.records[0].row) == (found, found.records[0].row)

    def test_a_path_goes_into_objects(self) -> None:
        found = RecordIndex(self.RULES, self.ROWS).fetch({"people": {"first_name": ("ann",)}})
        assert [one.id for one in found.candidates] == ["ann"]


class TestCap:
    def test_a_fixture_has_at_most_200_rows_and_replays_itself(self) -> None:
        rows = {"accounts": [{"account_id": f"a{n:04}", "branch": "Riverton"} for n in range(1_000)]}
        found = fetch({"account": {"branch": ("Riverton",)}}, rows, threshold=2)
        assert found.count == MAX_ROWS
        assert [one.id for one in found.records[:2]] == ["a0000", "a0001"]
        assert fetch({"account": {"branch": ("Riverton",)}}, found.rows, threshold=2) == found

    def test_the_best_of_many_is_kept(self) -> None:
        rows = {"accounts": [{"account_id": f"a{n:04}", "branch": "Riverton"} for n in range(3_000)]}
        rows["accounts"][-1] = {**rows["accounts"][-1], "account_number": "KTR05821"}
        found = fetch({"account": {"branch": ("Riverton",), **number("KTR05821")}}, rows)
        assert [(one.id, one.score) for one in found.records] == [("a2999", 7)]
        assert (found.margin, len(found.candidates)) == (5, MAX_ROWS)


class RemoteSource:
    """A source that is asked, and counts how often."""

    def __init__(self, rows: Sequence[Row], id_column: str) -> None:
        self._inner = MemorySource(rows, id_column)
        self.asked = 0

    def rows_matching(self, path: str, keys: Collection[str], compare: str = "text") -> Sequence[Row]:
        self.asked += 1
        return self._inner.rows_matching(path, keys, compare)

    def rows_with_ids(self, ids: Collection[str]) -> Sequence[Row]:
        return self._inner.rows_with_ids(ids)

    def values_at(self, path: str) -> Iterable[str]:
        return self._inner.values_at(path)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"account": {"account_number": ("KTR05821",)}},
        {"card": {"last_four": ("0815",)}, "people": {"given_name": ("José", "Alex")}},
        {"account": {"branch": ("Nowhere",)}},
    ],
)
def test_sources_that_are_asked_give_what_the_index_gives(
    fields: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> None:
    rules = bank.fetch_rules()
    sources = {name: RemoteSource(rows, "account_id") for name, rows in ROWS.items()}
    found = GatheringLookup(rules, sources).fetch(fields)
    assert found == RecordIndex(rules, ROWS).fetch(fields)
    assert [one.row for one in found.candidates] == [
        one.row for one in RecordIndex(rules, ROWS).fetch(fields).candidates
    ]


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("pq"), st.sampled_from("uv")), max_size=900),
    st.sampled_from([(1.0, 2.0, 4.0), (1.0, 1.0, -1.0), (0.1, 0.2, 0.3)]),
)
@settings(deadline=None, max_examples=25)
def test_a_shortlist_never_changes_the_outcome(
    rows: Sequence[tuple[str, str, str]], weights: tuple[float, ...]
) -> None:
    source = Source("s", "jsonl", "id", {"a": "string", "b": "string", "c": "string"})
    given_signals = tuple(
        Signal(f"g.{name}", "s", name, weight) for name, weight in zip("abc", weights, strict=True)
    )
    records = [{"id": f"{n:04}", "a": a, "b": b, "c": c} for n, (a, b, c) in enumerate([*rows] * 3)]
    index = RecordIndex(FetchRules({"s": source}, given_signals, 0.1), {"s": records})
    found = index.fetch({"g": {"a": ("x", "y"), "b": ("p",), "c": ("u",)}})

    hits = {"a": "xy", "b": "p", "c": "u"}
    matched = [
        [weight for name, weight in zip("abc", weights, strict=True) if row[name] in hits[name]]
        for row in records
    ]
    best = sorted((round(-sum(by), 9), row["id"]) for row, by in zip(records, matched, strict=True) if by)[
        :MAX_ROWS
    ]
    assert [(-one.score, one.id) for one in found.candidates] == best
