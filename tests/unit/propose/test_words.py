"""What a comment affirms and what it negates, in two languages."""

import pytest

from fixloop.propose.words import read_comment, stem, stems


@pytest.mark.parametrize(
    ("comment", "affirmed", "negated"),
    [
        ("fraud flag was set, never send unlock steps", "fraud flag", "unlock steps"),
        ("please call the hotline, not the branch", "call hotline", "branch"),
        ("security instead of unlock", "security", "unlock"),
        ("keine Entsperrung, sondern Betrugsstelle", "Betrugsstelle", "Entsperrung"),
        ("don't order a card", "", "order card"),
    ],
)
def test_negation_reaches_to_the_end_of_its_clause(comment: str, affirmed: str, negated: str) -> None:
    said = read_comment(comment)
    assert stems(affirmed) <= said.affirmed
    assert stems(negated) <= said.negated
    assert not said.affirmed & said.negated


@pytest.mark.parametrize("empty", ["", "no", "wrong again", "??", "falsch", "this is wrong"])
def test_some_comments_say_nothing(empty: str) -> None:
    assert not read_comment(empty).says_anything


def test_singular_and_plural_share_a_stem() -> None:
    assert stems("blocked cards") == stems("block card")
    assert stems("unlock_instructions") == stems("unlock instruction")


def test_a_row_of_letters_without_end_is_one_word() -> None:
    long = "c" * 20_000
    before = stem.cache_info().currsize
    assert stems(long) == {stem(long)}
    assert stem.cache_info().currsize - before < 10
