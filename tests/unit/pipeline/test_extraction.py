from collections.abc import Iterable

import pytest

from fixloop.errors import BadInput
from fixloop.pipeline.extraction import MAX_VALUES, MAX_VARIANTS, Rules, confusable_twins
from fixloop.workspace.model import FieldRule
from tests.unit.pipeline.bank import ACCOUNT_NUMBER


def found(rule: FieldRule, text: str, rows: Iterable[str] = ()) -> tuple[str, ...]:
    fields = Rules((rule,)).with_values(lambda path: rows).extract(text).fields
    return fields.get("g", {}).get("f", ())


def words(text: str, *values: str) -> tuple[str, ...]:
    return found(FieldRule("g", "f", values=values), text)


class TestPatterns:
    def test_match_as_written(self) -> None:
        assert found(FieldRule("g", "f", ("KT[0-9]",)), "kt1 KT2") == ("KT2",)

    def test_one_group_is_the_value_and_several_are_the_whole_match(self) -> None:
        assert found(FieldRule("g", "f", (r"ending (\d{4})",)), "ending 4711") == ("4711",)
        assert found(FieldRule("g", "f", (r"(\d)(\d)",)), "ending 47") == ("47",)

    def test_values_stand_in_the_order_of_the_text_each_once(self) -> None:
        assert found(FieldRule("g", "f", ("b", "a")), "a b a") == ("a", "b")

    def test_an_empty_match_is_no_value(self) -> None:
        assert found(FieldRule("g", "f", ("x*",)), "axa") == ("x",)

    def test_read_at_most_20_000_characters(self) -> None:
        assert found(FieldRule("g", "f", ("x",)), " " * 20_000 + "x") == ()

    def test_a_pattern_that_fits_everything_is_bounded(self) -> None:
        text = " ".join(str(number) for number in range(2_000))
        assert len(found(FieldRule("g", "f", (r"\d+",)), text)) == MAX_VALUES

    def test_a_pattern_that_is_none_is_named(self) -> None:
        with pytest.raises(BadInput, match=r"g\.f"):
            found(FieldRule("g", "f", ("(",)), "")


class TestVocabularies:
    def test_whole_words_in_any_case_as_the_customer_spells_them(self) -> None:
        assert words("RIVERTON, not Rivertonia", "Riverton") == ("RIVERTON",)

    def test_the_longest_wins(self) -> None:
        assert words("in New York City", "York", "New York", "New York City Hall") == ("New York",)

    @pytest.mark.parametrize("text", ["St. Ives", "st ives", "St.Ives", "St\u00a0Ives", "st-ives"])
    def test_between_words_blanks_dots_and_hyphens_are_alike(self, text: str) -> None:
        assert words(f"from {text}!", "St. Ives") == (text,)

    def test_other_signs_count(self) -> None:
        assert words("a@b a b", "a@b") == ("a@b",)
        assert words("C or c++", "C++") == ("c++",)

    @pytest.mark.parametrize("text", ["JOSÉ", "jose\u0301", "José's"])
    def test_accents_compose(self, text: str) -> None:
        assert words(text, "José") == (text.removesuffix("'s"),)

    def test_case_folding_may_change_the_length(self) -> None:
        assert words("Hauptstrasse HAUPTSTRASSE", "Hauptstraße") == ("Hauptstrasse", "HAUPTSTRASSE")

    def test_values_of_the_rows_and_of_the_rule_count_alike(self) -> None:
        rule = FieldRule("g", "f", values=("debit",), values_from="s.c")
        assert found(rule, "Debit at Riverton", ["Riverton"]) == ("Debit", "Riverton")

    def test_a_value_without_a_word_is_never_found(self) -> None:
        assert words("a - b", "-", "", "  ") == ()

    def test_a_large_vocabulary_takes_no_longer_than_a_small_one(self) -> None:
        many = [f"name{number}" for number in range(50_000)]
        extractor = Rules((FieldRule("g", "f", values_from="s.c"),)).with_values(lambda path: many)
        text = " ".join(f"name{number}" for number in range(0, 4_000, 2))
        assert len(extractor.extract(text).fields["g"]["f"]) == MAX_VALUES


class TestVariants:
    rule = FieldRule("g", "f", (ACCOUNT_NUMBER,), variants="confusable")

    def test_twins_that_fit_a_pattern_follow_their_value(self) -> None:
        assert found(self.rule, "KTRO5821") == ("KTRO5821", "KTR05821")
        assert found(self.rule, "NSB01234 and KTR05822") == ("NSB01234", "NSBO1234", "KTR05822", "KTRO5822")

    def test_at_most_sixteen_the_original_first(self) -> None:
        several = found(FieldRule("g", "f", (r"\b[A-Z0-9]{8}\b",), variants="confusable"), "OISOISOI")
        assert several[0] == "OISOISOI"
        assert len(several) == len(set(several)) == MAX_VARIANTS

    def test_of_a_vocabulary_the_twins_that_are_in_it(self) -> None:
        rule = FieldRule("g", "f", values_from="s.c", variants="confusable")
        assert found(rule, "ktro5821", ["KTRO5821", "KTR05821", "KTR05822"]) == ("ktro5821", "ktr05821")

    def test_without_them_the_spelling_stays(self) -> None:
        assert found(FieldRule("g", "f", (ACCOUNT_NUMBER,)), "KTRO5821") == ("KTRO5821",)

    def test_a_very_long_value_has_none(self) -> None:
        assert confusable_twins("0" * 20_000) == ()
