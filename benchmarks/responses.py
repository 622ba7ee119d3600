"""How well partial pooling knows what people respond to, and when: customers with known tastes, and Hillstrom's test.

    python -m benchmarks.responses [--people 1500] [--data ../shared/data]

Made-up customers differ in how often they click, in which angle they prefer, and in their hours. From other customers
of the same shop the priors are learned; then each estimate is made after 0, 1, 5, 20 and 100 e-mails (events, for
hours), and compared with the truth: the log-loss of what it forecasts, and the regret of choosing the best arm (the
best three hours) by it. `own` is the customer's own rate alone, `shop` the shop's alone, `truth` knows.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from memory.hour_priors import HourPriors, by_hour, learn_hours, smooth
from memory.parts.hours import WEEK_HOURS
from memory.parts.mails import MAILS
from memory.responses.collecting import PriorsCollector
from memory.responses.model import Responses
from memory.responses.priors import ResponsePriors
from memory.responses.reading import read
from memory.responses.trials import HALF_LIFE, Trial
from memory.send_time import WINDOW_HOURS, pooled_week

Array = NDArray[np.float64]
HISTORIES = (0, 1, 5, 20, 100)
ANGLES = {"gift": 1.5, "news": 1.1, "care": 0.9, "season": 0.5}
"""How much more often the shop's customers click each than usual."""
CLICKED, PEOPLE_DIFFER = 0.06, 6.0
"""Mean and strength of the Beta that customers' click rates are drawn from."""
TASTE = 0.6
"""Standard deviation, on the log scale, of a customer's liking for an angle beyond the shop's."""
GAP = timedelta(days=7) / 3
NOW = datetime(2026, 6, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
SEED = 11


@dataclass(frozen=True)
class Score:
    """Means over customers."""

    log_loss: float
    regret: float


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_500, help="customers to learn from, and as many to judge by")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    draw = np.random.default_rng(SEED)
    print_angles(draw, asked.people)
    print_hours(draw, asked.people)
    print_hillstrom(asked.data / "hillstrom.csv.gz", draw)


# Angles -------------------------------------------------------------------------------------------------------------


def print_angles(draw: np.random.Generator, people: int) -> None:
    """Log-loss and regret (in clicks per 100 e-mails) by history."""
    priors = learned_angles(draw, people)
    print(f"\nAngles: {people} customers after n e-mails. Log-loss a forecast | regret, clicks lost of 100 e-mails")
    print(f"{'n':>5} {'pooled':>16} {'own':>16} {'shop':>16} {'truth':>16}")
    for emails in HISTORIES:
        scores = score_angles(draw, people, emails, priors)
        cells = (f"{scores[name].log_loss:.4f} | {100 * scores[name].regret:.2f}" for name in _METHODS)
        print(f"{emails:>5} " + " ".join(f"{cell:>16}" for cell in cells))


def learned_angles(draw: np.random.Generator, people: int) -> ResponsePriors:
    """The priors of a shop, from customers with 0 to 60 e-mails each."""
    collector, sample = PriorsCollector(), []
    for _ in range(people):
        told = history(draw, tastes(draw), int(draw.integers(0, MAILS + 1)))
        collector.add(told)
        sample.append(told)
    return collector.learn(sample)


def tastes(draw: np.random.Generator) -> Array:
    """One customer's true click rate by angle."""
    usual = draw.beta(CLICKED * PEOPLE_DIFFER, (1 - CLICKED) * PEOPLE_DIFFER)
    liking = np.exp(draw.normal(-(TASTE**2) / 2, TASTE, len(ANGLES)))
    return np.clip(usual * np.array([*ANGLES.values()]) * liking, 0.0005, 0.95)


def history(draw: np.random.Generator, truth: Array, emails: int) -> list[Trial]:
    """What became of that many e-mails with angles drawn at random, three a week: as many of them as memory keeps."""
    names = list(ANGLES)
    told = []
    for number in range(min(emails, MAILS)):
        angle = int(draw.integers(len(names)))
        weight = 2.0 ** -((number + 2) * GAP / HALF_LIFE)
        clicked = bool(draw.random() < truth[angle])
        arms = (names[angle], "", "", "", "", "", "3")
        told.append(Trial(weight, "newsletter", arms, opened=clicked, clicked=clicked, ordered=False, left=False))
    return told


def score_angles(draw: np.random.Generator, people: int, emails: int, priors: ResponsePriors) -> dict[str, Score]:
    """Each method on the same new customers."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(people):
        truth = tastes(draw)
        told = history(draw, truth, emails)
        for name, forecast in _METHODS.items():
            guess = truth if name == "truth" else forecast(told, priors)
            found[name].append((_log_loss(truth, guess), float(truth.max() - truth[int(np.argmax(guess))])))
    return {
        name: Score(*(float(np.mean(column)) for column in zip(*rows, strict=True))) for name, rows in found.items()
    }


def _pooled(told: Sequence[Trial], priors: ResponsePriors) -> Array:
    preference = read(told, priors).preference("angle")
    estimates = {arm.arm: arm.estimate for arm in preference.arms} if preference else {}
    return np.array([estimates[angle] for angle in ANGLES])


def _own(told: Sequence[Trial], priors: ResponsePriors) -> Array:
    """Jeffreys' half a click and half a non-click, as nobody's rate is 0."""
    counts = {angle: [trial.clicked for trial in told if trial.arms[0] == angle] for angle in ANGLES}
    return np.array([(sum(clicks) + 0.5) / (len(clicks) + 1) for clicks in counts.values()])


def _shop(told: Sequence[Trial], priors: ResponsePriors) -> Array:
    return _pooled([], priors)


_METHODS: dict[str, Callable[[Sequence[Trial], ResponsePriors], Array]] = {
    "pooled": _pooled,
    "own": _own,
    "shop": _shop,
    "truth": _shop,
}


def _log_loss(truth: Array, guess: Array) -> float:
    """Expected, of forecasting a click with `guess` where it happens with `truth`."""
    sure = np.clip(guess, 1e-4, 1 - 1e-4)
    return float(np.mean(-truth * np.log(sure) - (1 - truth) * np.log(1 - sure)))


# Hours --------------------------------------------------------------------------------------------------------------


def print_hours(draw: np.random.Generator, people: int) -> None:
    """Log-loss of the hour of the week of what they do next, and activity lost outside the best three hours."""
    priors = learned_week(draw, people)
    print(
        f"\nHours: {people} customers after n opens, clicks and orders. Log-loss of the next one's hour of the week |"
    )
    print("regret, share of a day's activity lost by the three hours chosen")
    print(f"{'n':>5} {'pooled':>16} {'own':>16} {'shop':>16} {'truth':>16}")
    for events in HISTORIES:
        scores = score_hours(draw, people, events, priors)
        cells = (f"{scores[name].log_loss:.3f} | {scores[name].regret:.3f}" for name in _METHODS)
        print(f"{events:>5} " + " ".join(f"{cell:>16}" for cell in cells))


def weeks(draw: np.random.Generator) -> Array:
    """One customer's true week: around one hour or two of their own, with days of their own."""
    clock = np.arange(24)
    peaks = draw.choice([8, 12, 17, 20, 21], size=int(draw.integers(1, 3)), replace=False)
    hours = sum((_around(clock, float(peak + draw.normal(0, 1)), 1.5) for peak in peaks), np.zeros(24)) + 0.004
    days = draw.dirichlet(np.array([1, 1.2, 1.2, 1.1, 0.9, 0.7, 1.0]) * 4)
    week: Array = np.outer(days, hours / hours.sum()).ravel()
    return week


def _around(clock: NDArray[np.int64], peak: float, wide: float) -> Array:
    apart = np.minimum((clock - peak) % 24, (peak - clock) % 24)
    bump: Array = np.exp(-((apart / wide) ** 2) / 2) / wide
    return bump


def learned_week(draw: np.random.Generator, people: int) -> HourPriors:
    """The priors of a shop, from customers with 0 to 60 events each."""
    sample = [_done(draw, weeks(draw), int(draw.integers(0, 61))) for _ in range(people)]
    return learn_hours(sum(sample, np.zeros(WEEK_HOURS)), sample, "UTC")


def _done(draw: np.random.Generator, truth: Array, events: int) -> Array:
    return draw.multinomial(events, truth).astype(float)


def score_hours(draw: np.random.Generator, people: int, events: int, priors: HourPriors) -> dict[str, Score]:
    """Each method on the same new customers."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(people):
        truth = weeks(draw)
        done = _done(draw, truth, events)
        guesses = {
            "pooled": pooled_week(done, priors),
            "own": (smooth(done) + 0.01) / (done.sum() + 0.01 * WEEK_HOURS),
            "shop": priors.week,
            "truth": truth,
        }
        best = _in_window(truth, truth)
        for name, guess in guesses.items():
            found[name].append((float(-(truth * np.log(guess)).sum()), best - _in_window(guess, truth)))
    return {
        name: Score(*(float(np.mean(column)) for column in zip(*rows, strict=True))) for name, rows in found.items()
    }


def _in_window(guess: Array, truth: Array) -> float:
    """The true share in the three hours of the day that `guess` finds best."""
    hours, true_hours = by_hour(guess), by_hour(truth)
    starts = range(24 - WINDOW_HOURS + 1)
    first = max(starts, key=lambda start: float(hours[start : start + WINDOW_HOURS].sum()))
    return float(true_hours[first : first + WINDOW_HOURS].sum())


# Hillstrom ----------------------------------------------------------------------------------------------------------

MENS, WOMENS = "Mens E-Mail", "Womens E-Mail"


def print_hillstrom(file: Path, draw: np.random.Generator) -> None:
    """Whether choosing between two real e-mails for groups of customers beats sending everybody the better one.

    Each customer got one e-mail, so that there is no history of anybody: customers alike in what is known of them
    stand in for one person. Half of them teach, the other half judges, weighted by the inverse of how likely the
    e-mail was. A group gets another e-mail than the shop's best only where its preference tells.
    """
    if not file.exists():
        print(f"\nHillstrom: {file} is missing, so nothing is said of it.")
        return
    rows = list(_hillstrom(file))
    teaching = draw.random(len(rows)) < 0.5
    chosen = _choose([row for row, one in zip(rows, teaching, strict=True) if one])
    judged = [row for row, one in zip(rows, teaching, strict=True) if not one]
    # The two e-mails were sent to a third of customers each: among these, each with probability 1/2.
    gains = np.array(
        [2 * visit * ((mail == chosen.get(group, MENS)) - (mail == MENS)) for group, mail, visit in judged]
    )
    mean, spread = float(gains.mean()), 1.96 * float(gains.std()) / len(gains) ** 0.5
    differ = sum(mail != MENS for mail in chosen.values())
    verdict = "better" if mean > spread else "worse" if mean < -spread else "cannot tell"
    print(f"\nHillstrom: of {len(chosen)} groups, {differ} get the women's mail: their own preference tells.")
    print(
        f"Visits a customer against the men's mail for all: {mean:+.4f} "
        f"({mean - spread:+.4f} to {mean + spread:+.4f}): {verdict}."
    )


def _hillstrom(file: Path) -> Iterator[tuple[str, str, int]]:
    """(group, e-mail, visited) of those who got one."""
    with gzip.open(file, "rt") as opened:
        for row in csv.DictReader(opened):
            if row["treatment"] in (MENS, WOMENS):
                group = " ".join(row[name] for name in ("history_segment", "mens", "womens", "newbie", "channel"))
                yield group, row["treatment"], int(row["visit"])


def _choose(rows: Sequence[tuple[str, str, int]]) -> dict[str, str]:
    """The e-mail for each group: its own preference where that can be told, else the shop's."""
    groups: dict[str, list[Trial]] = defaultdict(list)
    for group, mail, visit in rows:
        arms = (mail, "", "", "", "", "", "1")
        visited = bool(visit)
        groups[group].append(Trial(1.0, "newsletter", arms, opened=visited, clicked=visited, ordered=False, left=False))
    collector = PriorsCollector()
    for told in groups.values():
        collector.add(told)
    priors = collector.learn([*groups.values()])
    usual = _best(read([], priors))
    found = {group: read(told, priors) for group, told in groups.items()}
    return {group: _best(one) if _tells(one) else usual for group, one in found.items()}


def _best(found: Responses) -> str:
    preference = found.preference("angle")
    return preference.arms[0].arm if preference else MENS


def _tells(found: Responses) -> bool:
    preference = found.preference("angle")
    return preference is not None and preference.tells


if __name__ == "__main__":
    main()
