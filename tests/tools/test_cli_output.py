"""What others chose reaches an operator's terminal as text, never as orders to it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.tools.cli.errors import Refused
from barter.tools.cli.output import Column, emit_list, printable, say

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\u202eevil\u0085"


@given(st.text())
def test_nothing_but_lines_and_what_can_be_printed_is_left(text: str) -> None:
    shown = printable(text)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert shown == text or not text.isprintable()


@pytest.mark.parametrize("output", ["table", "json", "yaml"])
def test_rows_hold_no_orders_to_a_terminal(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    emit_list([{"reason": f"{HOSTILE}\nforged  row"}], output, [Column("REASON", lambda row: row["reason"])], "none")
    shown = capsys.readouterr().out
    assert "owned" in shown
    assert not any(unicodedata.category(each) == "Cc" for each in shown if each != "\n")
    if output == "table":
        assert "\u202e" not in shown
        assert len(shown.splitlines()) == 2


def test_sentences_and_refusals_hold_none_either(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{HOSTILE}\nsecond line")
    first, second = capsys.readouterr().out.splitlines()
    assert first.isprintable()
    assert second == "second line"
    assert Refused(HOSTILE).message.isprintable()
