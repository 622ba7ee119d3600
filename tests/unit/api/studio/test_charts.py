"""Charts: numbers land where they should, whatever they are, and each chart says them in words as well."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.studio import charts
from api.studio.rendering import environment

amounts = st.floats(min_value=0, max_value=1e15, allow_nan=False)
NASTY = '"><script>alert(1)</script>'


def drawn(macro: str, *values: object) -> str:
    template = '{% import "parts/charts.html" as charts %}{{ charts.' + macro + "(*values) }}"
    return environment().from_string(template).render(values=values)


@given(st.lists(st.tuples(st.text(max_size=5), amounts), max_size=12))
def test_a_stacked_bar_is_filled_without_gaps(parts: list[tuple[str, float]]) -> None:
    chart = charts.stacked(parts)
    assert len(chart.segments) == len([value for _, value in parts if value > 0])
    edge = 0.0
    for one in chart.segments:
        assert one.x == pytest.approx(edge, abs=0.02)
        edge = one.x + one.width
        assert 1 <= one.color <= charts.COLORS
    assert not chart.segments or edge == pytest.approx(100, abs=0.02)


@given(st.lists(st.one_of(st.none(), amounts, st.just(math.inf), st.just(math.nan)), max_size=40))
def test_lines_and_columns_stay_on_the_canvas_and_never_say_nan(values: list[float | None]) -> None:
    points = [(str(place), value) for place, value in enumerate(values)]
    line = charts.line(points)
    upright = charts.columns([(label, value or 0.0) for label, value in points])
    assert all(0 <= one.y <= 100 and 0 <= one.x <= 100 for one in line.points if one.y is not None)
    assert all(one.y >= 0 and one.y + one.height == pytest.approx(100, abs=0.01) for one in upright.columns)
    text = drawn("line", line, "a line") + drawn("columns", upright, "columns")
    assert re.search(r"\b(nan|inf)\b", text) is None


def test_a_label_keeps_its_colour_when_another_has_nothing() -> None:
    all_there = charts.stacked([("a", 1), ("b", 1), ("c", 1)])
    without = charts.stacked([("a", 1), ("b", 0), ("c", 1)])
    assert [one.color for one in all_there.segments] == [1, 2, 3]
    assert [(one.label, one.color) for one in without.segments] == [("a", 1), ("c", 3)]
    seventh = charts.stacked([(str(place), 1) for place in range(7)]).segments[-1]
    assert (seventh.color, seventh.again) == (1, True)


def test_a_line_is_interrupted_where_nothing_is_known() -> None:
    line = charts.line([("Mon", 1.0), ("Tue", 0.5), ("Wed", None), ("Thu", 1.0)], top=1.0)
    assert len(line.paths) == 2
    assert line.paths[0] == "M0,0 L33.333,50"
    assert [point.text for point in line.points] == ["1", "0.50", "–", "1"]


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (3, 5), (0.03, 0.05), (21, 25), (99, 100), (200_000, 200_000), (1.2e15, 2e15)]
)
def test_a_scale_ends_at_a_round_number(value: float, top: float) -> None:
    assert charts.round_up(value) == pytest.approx(top)


def test_intervals_share_a_scale_that_shows_nothing_as_zero() -> None:
    chart = charts.spans([("lift", 2.0, -1.0, 4.0), ("clicks", 1.0, 0.5, 1.5)])
    assert chart.zero == 20.0
    assert [(one.x_low, one.x, one.x_high) for one in chart.spans] == [(0, 60, 100), (30, 40, 50)]
    one_point = charts.spans([("same", 3.0, 3.0, 3.0)])
    assert math.isfinite(one_point.spans[0].x)
    with pytest.raises(ValueError, match="numbers"):
        charts.spans([("broken", math.nan, 0.0, 1.0)])


def test_every_chart_is_an_image_with_words_and_its_numbers_in_a_table() -> None:
    stacked = drawn("stacked", charts.stacked([("Model", 3), ("Template", 1)]), "Who wrote it", "By")
    columns = drawn("columns", charts.columns([("1 Nov", 4.0)]), "E-mails a day")
    line = drawn("line", charts.line([("1 Nov", 0.5)]), "Share")
    spans = drawn("spans", charts.spans([("CTR", 0.1, 0.05, 0.2)]), "Rates")
    for text in (stacked, columns, line, spans):
        assert 'role="img" aria-label="' in text
        assert "<table" in text
        assert "style=" not in text
    assert "75.0 %" in stacked
    assert '<th scope="row">1 Nov</th><td class="num">4</td>' in columns


def test_no_chart_breaks_on_nothing_and_none_runs_what_a_label_says() -> None:
    empty = drawn("stacked", charts.stacked([]), "Nothing") + drawn("columns", charts.columns([]), "Nothing")
    assert "Nothing to show yet." in empty
    assert drawn("line", charts.line([]), "Nothing")
    nasty = drawn("stacked", charts.stacked([(NASTY, 1)]), NASTY) + drawn("line", charts.line([(NASTY, 1.0)]), NASTY)
    assert "<script>" not in nasty
