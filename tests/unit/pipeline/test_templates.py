import time
from typing import Any

import pytest

from fixloop.pipeline.fetch import Fetched, FetchedRecord, Record
from fixloop.pipeline.scope import Scope
from fixloop.pipeline.templates import (
    CannotRender,
    render,
    resolve,
    template_paths,
    template_problem,
    text_of,
)
from fixloop.pipeline.ticket import Ticket
from fixloop.workspace.model import Template

ROW = {
    "id": "a1",
    "hotline": "0800",
    "items": ["x", "y"],
    "fee": 3,
    "ok": True,
    "none": None,
    "people": [{"n": "Al"}],
}


def scope(*rows: dict[str, Any]) -> Scope:
    records = tuple(FetchedRecord("a1", 5.0, (), Record("a1", {"s": [row]})) for row in rows)
    fields = {"account": {"branch": ("Riverton", "St. Ives")}}
    return Scope(Ticket("T-1", "hello"), fields, Fetched(records, records), {"account": {}, "people": {}})


def shown(source: str, *rows: dict[str, Any]) -> str:
    return render(source, scope(*(rows or (ROW,))))


class TestRendering:
    @pytest.mark.parametrize(
        ("source", "text"),
        [
            ("plain\n", "plain"),
            ("call {{ record.hotline }}\n", "call 0800"),
            ("{{ fields.account.branch | first }}", "Riverton"),
            ("{{ fields.account.branch }}", "Riverton, St. Ives"),
            (
                "{% for one in fields.account.branch %}{{ loop.index }}{{ one }} {% endfor %}",
                "1Riverton 2St. Ives ",
            ),
            ("{{ record.ok }} {{ record.fee * 2 }}", "true 6"),
            ("{{ record.items | join('/') }}", "x/y"),
            ("{{ record.people.n | first }} {{ record.people[0].n }}", "Al Al"),
            ("{% if fields.people.name is defined %}a{% else %}b{% endif %}", "b"),
            ("{{ record.none | default('nobody') }}", "nobody"),
            ("{{ fetched.count }} {{ ticket.id }} {{ ticket.text }}", "1 T-1 hello"),
            ("{{ 'a' ~ record.fee ~ 'b' }}", "a3b"),
            ("{% for n in range(3) %}{{ n }}{% endfor %}", "012"),
        ],
    )
    def test_gives(self, source: str, text: str) -> None:
        assert shown(source) == text

    def test_customer_text_is_never_a_template(self) -> None:
        assert shown("{{ record.hotline }}", {**ROW, "hotline": "{{ ticket.id }}"}) == "{{ ticket.id }}"

    @pytest.mark.parametrize(
        ("source", "variable"),
        [
            ("{{ record.gone }}", "record.gone"),
            ("{{ ticket.id }}{{ fields.people.name | first }}", "fields.people.name"),
            ("{{ record.none }}", "record.none"),
            ("{{ fields.nobody.name }}", "fields.nobody.name"),
            ("{{ stranger }}", ""),
        ],
    )
    def test_names_the_variable_that_is_not_there(self, source: str, variable: str) -> None:
        with pytest.raises(CannotRender) as caught:
            shown(source)
        assert caught.value.variable == variable

    def test_a_record_is_there_only_alone(self) -> None:
        for rows in ((), (ROW, ROW)):
            with pytest.raises(CannotRender, match=r"record\.hotline is not there"):
                render("{{ record.hotline }}", scope(*rows))


ATTACKS = [
    "{{ ''.__class__ }}",
    "{{ record.__class__.__mro__ }}",
    "{{ record['__class__'] }}",
    "{{ record.keys() }}",
    "{{ 'x'.center(100000000) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'x' * 100000000 }}",
    "{{ 100000000 * 'x' }}",
    "{{ [1] * 100000000 }}",
    "{{ 10 ** 10000 }}",
    "{{ 'x' | center(100000000) }}",
    "{{ '%s' | format('x') }}",
    "{{ record | attr('__class__') }}",
    "{{ range(100000000) | list }}",
    "{% for a in range(20000) %}{% for b in range(20000) %}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x + x %}" * 40 + "{{ x }}",
    "{% set x = 9999999 %}" + "{% set x = x * x %}" * 40 + "{{ x }}",
    "{% set x %}aaaaaaaaaa{% endset %}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x | replace('a', x) %}" * 9 + "{{ x }}",
    "{% set x = ['aaaaaaaaaa'] * 1000 %}{{ x | join('b' * 10000) }}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{{ cycler('a') }}",
    "{{ self }}",
    "{{ namespace(a=1) }}",
    "{{ '{0.__class__}' | format(record) }}",
    "{{ ticket.text | map('upper') | map('attr', '__class__') | list }}",
    "{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}",
    "{{ 1 // 0 }}",
    "{{ 'a' + 1 }}",
    "{{ record.items | sum }}",
    "{{",
    "{% nonsense %}",
    "{{ 'x' }}" * 5000,
    "x" * 20_001,
]


@pytest.mark.parametrize("source", ATTACKS, ids=range(len(ATTACKS)))
def test_what_no_template_may_do_gives_no_text_and_soon(source: str) -> None:
    started = time.process_time()
    with pytest.raises(CannotRender):
        shown(source)
    assert time.process_time() - started < 3


def test_a_template_s_problem_is_known_before_any_ticket() -> None:
    assert template_problem("{{ record.hotline }}") is None
    assert "line 2" in str(template_problem("\n{% nonsense %}"))
    assert "calls are not allowed" in str(template_problem("{{ ''.upper() }}"))


def test_the_paths_a_template_reads() -> None:
    source = (
        "{{ record.a.b }} {% if fields.g.f[0] == ticket.meta['k'] %}{{ record.a.b }}{{ local.x }}{% endif %}"
    )
    assert template_paths(source) == ("record.a.b", "fields.g.f.0", "ticket.meta.k")
    assert template_paths("plain") == template_paths("{{") == ()


def test_the_language_of_the_ticket_then_the_workspace_s_then_the_first() -> None:
    both = Template("t", "", {"de": "hallo", "en": "hello"})
    assert [text_of(both, pair) for pair in (("en", "de"), ("fr", "en"), (None, "fr"))] == [
        "hello",
        "hello",
        "hallo",
    ]
    assert text_of(Template("t", "", {"": "same"}), ("fr", "en")) == "same"


class TestArguments:
    def test_exactly_one_path_keeps_the_type(self) -> None:
        args = {
            "fee": "{{ record.fee }}",
            "ok": " {{record.ok}} ",
            "all": "{{ fields.account.branch }}",
            "text": "fee {{ record.fee }}",
            "deep": [{"people": "{{ record.people }}"}],
            "n": 4,
        }
        assert resolve(args, scope(ROW)) == {
            "fee": 3,
            "ok": True,
            "all": ["Riverton", "St. Ives"],
            "text": "fee 3",
            "deep": [{"people": [{"n": "Al"}]}],
            "n": 4,
        }

    def test_a_path_that_is_not_there_is_named(self) -> None:
        with pytest.raises(CannotRender) as caught:
            resolve({"a": "{{ record.gone }}"}, scope(ROW))
        assert caught.value.variable == "record.gone"
