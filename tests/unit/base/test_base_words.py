# SPDX-License-Identifier: Apache-2.0
"""Words in both languages, errors as sentences, and the two sources that a node may draw from."""

import time

import pytest

from paridad.base.errors import BadSignature, ExitCode, Malformed, ParidadError
from paridad.base.sources import system_clock, system_random
from paridad.base.words import Words

CLOSED = Words(es="El folio está cerrado.", en="The folio is closed.")


def test_each_language_says_it_in_its_own_words() -> None:
    assert CLOSED.in_("es") == "El folio está cerrado."
    assert CLOSED.in_("en") == "The folio is closed."


@pytest.mark.parametrize(("es", "en"), [("", "x"), ("x", ""), (" ", "x"), ("x", "\n")])
def test_a_sentence_in_one_language_is_a_programming_error(es: str, en: str) -> None:
    with pytest.raises(ValueError, match="both languages"):
        Words(es=es, en=en)


def test_places_are_filled_in_both_languages() -> None:
    assert Words(es="Folio {number}.", en="File {number}.").fill(number=7) == Words(es="Folio 7.", en="File 7.")


def test_an_error_is_a_sentence_with_what_to_do_next() -> None:
    class Closed(ParidadError):
        next_step = Words(es="Abra otro.", en="Open another.")

    assert Closed(CLOSED).sentence("es") == "El folio está cerrado. Abra otro."
    assert Closed(CLOSED).sentence("en") == "The folio is closed. Open another."
    assert ParidadError(CLOSED).sentence("en") == "The folio is closed."
    assert str(ParidadError(CLOSED)) == "The folio is closed."


def test_exit_codes_are_stable() -> None:
    assert [(code.name, code.value) for code in ExitCode] == [
        ("DONE", 0),
        ("REFUSED", 1),
        ("USAGE", 2),
        ("VERIFICATION_FAILED", 3),
        ("UNREACHABLE", 4),
        ("TRY_AGAIN", 5),
    ]
    assert ParidadError.exit_code is ExitCode.REFUSED
    assert Malformed.exit_code is BadSignature.exit_code is ExitCode.VERIFICATION_FAILED


def test_the_machine_gives_whole_seconds_and_bytes() -> None:
    assert abs(system_clock() - time.time()) < 5
    assert len(system_random(32)) == 32
    assert system_random(32) != system_random(32)
