"""What a comment affirms and what it negates, in two languages."""

import pytest

from fixloop.propose.words.words import (
    inserted_sentence,
    language_of,
    meanings_of,
    quoted_parts,
    read_comment,
    stem,
    stems,
    with_meanings,
)


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


@pytest.mark.parametrize(
    ("comment", "quoted"),
    [
        ('say "today", not "tomorrow"', ("today", "tomorrow")),
        ("„heute“ statt „morgen“", ("heute", "morgen")),
        ("why '13 days'? it's '16 days'", ("13 days", "16 days")),
        ("‘we don’t’ must go, it isn't so", ("we don’t",)),
        ("the customers' card isn't theirs'", ()),
    ],
)
def test_what_stands_between_marks_is_quoted(comment: str, quoted: tuple[str, ...]) -> None:
    assert quoted_parts(comment) == quoted


@pytest.mark.parametrize(
    ("comment", "copied"),
    [
        ("we should have put An item stays on hold for a week", "An item stays on hold for a week"),
        ("hätte Wir buchen das heute noch zurück erwartet", "Wir buchen das heute noch zurück erwartet"),
        ("needed: Gold cards come with a courier", "Gold cards come with a courier"),
        ("They come by post. done.", "They come by post"),
        ("The right answer: ask for the account number", None),
        ("should be: The customer wants a new card", None),
        ("fehlt: Kartensperre und Ersatzkarte", None),
        ("Wrong again. This is about a lost card", None),
        ("bitte Sie nicht noch einmal fragen lassen", None),
        ("different one: Ada Dorn", None),
        ("erwartet: Konto zumachen, bekommen: Person vom Konto nehmen", None),
        ("expected: The account is closed, got: The holder is removed from the account", None),
        ("gemeint: Person vom Konto nehmen", None),
    ],
)
def test_a_sentence_with_a_capital_where_the_writer_puts_none_is_copied(
    comment: str, copied: str | None
) -> None:
    assert inserted_sentence(comment) == copied


@pytest.mark.parametrize(
    ("ids", "spoken"),
    [
        ("rueckruf", "Rückruf"),
        ("oeffne_stoerung", "Störung öffnen"),
        ("strasse", "Straße"),
        ("geraete_rueckgabe", "Geräterückgabe"),
        ("kuendigung", "Ku\u0308ndigung"),
    ],
)
def test_an_id_without_umlauts_is_the_word_with_them(ids: str, spoken: str) -> None:
    assert stems(ids) == stems(spoken)
    assert stems(spoken.upper()) == stems(spoken)


@pytest.mark.parametrize("word", ["blue", "queue", "does", "value", "neue", "abenteuer", "soeben", "michael"])
def test_two_letters_that_are_no_umlaut_stay_themselves(word: str) -> None:
    assert stems(word) == {one for one in meanings_of(word) if word != "does"}


def test_small_words_are_small_without_umlauts_too() -> None:
    assert stems("fuer moechte wir") == stems("für möchte wir") == frozenset()
    assert language_of("ist fuer hier") == language_of("ist für hier") == "de"


def test_texts_whose_letters_are_compared_are_spelt_alike() -> None:
    assert with_meanings("Stromzähler fällt").casefold() == with_meanings("stromzaehler faellt")
