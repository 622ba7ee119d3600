"""A customer in a few sentences."""

from __future__ import annotations

from memory.account.portraits import portrait
from memory.model import Interest
from tests.kit.factories import NOW, make_memory


def _liking(value: str, strength: float) -> Interest:
    return Interest(kind="category", value=value, strength=strength, last_at=NOW)


def test_the_strongest_likings_are_named_and_weak_ones_are_not() -> None:
    likings = (_liking("Tea > Green tea", 0.5), _liking("Mugs", 0.4), _liking("Bowls", 0.3), _liking("Soap", 0.1))
    told = portrait(make_memory(interests=likings))
    assert "Likes green tea and mugs." in told


def test_what_may_be_sensitive_is_left_out() -> None:
    likings = (_liking("Maternity wear", 0.9), _liking("Mugs", 0.4))
    told = portrait(make_memory(interests=likings))
    assert "Likes mugs." in told
    assert "aternity" not in told


def test_nobody_known_is_somebody() -> None:
    memory = make_memory()
    nameless = memory.model_copy(update={"profile": memory.profile.model_copy(update={"first_name": None})})
    assert portrait(nameless).startswith("Somebody, ")


def test_objections_are_told() -> None:
    assert "Objects to predictions" in portrait(make_memory(objects_to=("predictions",)))
