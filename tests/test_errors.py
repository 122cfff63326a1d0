"""What an error repeats of a caller's value, and how much of it."""

from __future__ import annotations

import numpy as np

from models.errors import LONGEST, InputError, shown


def test_a_long_value_is_cut_to_the_longest() -> None:
    told = InputError("body_unreadable", reason="x" * (LONGEST + 50), allowed="y" * 500)
    assert told.details == {"reason": "x" * (LONGEST - 3) + "...", "allowed": "y" * 500}
    assert InputError("body_unreadable", reason="x" * LONGEST, allowed="").details["reason"] == "x" * LONGEST


def test_a_long_number_is_told_by_its_digits() -> None:
    assert shown(10**5000) == "a whole number of about 5000 digits"
    assert "..." in shown(10**400) and len(shown(10**400)) <= LONGEST


def test_a_value_is_told_as_json_names_it() -> None:
    assert [shown(value) for value in (None, True, np.bool_(False), [None, {"a": True}])] == [
        "null", "true", "false", "[null, {'a': true}]"
    ]  # fmt: skip
