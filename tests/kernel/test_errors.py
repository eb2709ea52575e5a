"""A fact is a sentence and typed fields."""

import pytest

from bursar.kernel.errors import Conflict, Fact, Refused


class CardLocked(Refused):
    """The card is locked.

    Nothing else about it is said to a merchant.
    """

    card_id: int
    since: str = "ever"


def test_its_sentence_is_the_first_line_of_its_docstring():
    assert str(CardLocked(7)) == "The card is locked."


def test_its_fields_are_given_by_position_or_by_name():
    assert CardLocked(7).card_id == CardLocked(card_id=7).card_id == 7
    assert CardLocked(7).since == "ever"


def test_it_shows_its_fields():
    assert repr(CardLocked(7, "today")) == "CardLocked(card_id=7, since='today')"


def test_a_field_that_is_missing_is_a_fault_of_the_code():
    with pytest.raises(TypeError):
        CardLocked()


def test_families_are_caught_by_their_name():
    with pytest.raises(Refused):
        raise CardLocked(7)
    assert issubclass(CardLocked, Fact)
    assert not issubclass(CardLocked, Conflict)


def test_two_that_say_the_same_are_still_two():
    assert CardLocked(7) != CardLocked(7)
    assert len({CardLocked(7), CardLocked(7)}) == 2
