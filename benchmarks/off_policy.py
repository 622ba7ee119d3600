"""Can one policy's log tell what another would have come to? Open Bandit: both ran, so that it can be looked up.

    python -m benchmarks.off_policy [--data ../shared/data]

A fashion shop showed items at random and, to others in the same week, by Thompson sampling (Saito et al. 2020). From
each log the click rate of the other policy is estimated and compared with the rate that it had. How likely Thompson
sampling was to show an item is logged only for the items it showed: its mean shares by position are those it showed
them with. A view counts as a customer of its own, as the log does not say whose it was.

Thompson sampling drew some items with a chance of one in a million, which no log can be weighted by: that is found, and
said. As it did not look at who was there, its mean shares may stand for those of the moment (Hanna, Niekum & Stone
2019, "Importance sampling policy evaluation with an estimated behavior policy"), and then its log can tell.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import sparse

from composer.ope.estimators import Estimate, Estimator
from composer.ope.judging import Scope, judge
from composer.ope.log import Array, Log, Step, ratios

RANDOM, THOMPSON = "random", "bts"
COLUMNS = ["item_id", "position", "click", "propensity_score", "policy", "campaign"]
ESTIMATORS: tuple[Estimator, ...] = ("ips", "snips", "dr")


@dataclass(frozen=True)
class Views:
    """One policy's views, arrays (n,)."""

    item: NDArray[np.int64]
    position: NDArray[np.int64]
    click: Array
    probability: Array
    campaign: NDArray[np.str_]


def main() -> None:
    """Print how well each policy's log tells the other's click rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    file = parser.parse_args().data / "open_bandit_small.parquet"
    if not file.exists():
        print(f"{file} is missing, so nothing is said.")
        return
    random, thompson = (views_of(file, policy) for policy in (RANDOM, THOMPSON))
    for name, log, other in (
        ("Thompson sampling from the random log", random, thompson),
        ("random from the log of Thompson sampling", thompson, random),
        ("random from the same log, weighted by mean shares", with_mean_shares(thompson), random),
    ):
        print(f"\n{name}: clicks a 1,000 views (95 %)")
        print(
            f"{'campaign':>9} {'on-policy':>20} {'estimator':>9} {'estimate':>20} {'holds it':>8} {'apart':>6} "
            f"{'width/IPS':>9}"
        )
        for scope in judge(log_of(log, shares_of(other))):
            _print(scope, other)


def views_of(file: Path, policy: str) -> Views:
    """What one policy showed."""
    table = pq.read_table(file, columns=COLUMNS, filters=[("policy", "=", policy)])
    columns = {name: table[name].to_numpy() for name in COLUMNS}
    return Views(
        columns["item_id"],
        columns["position"],
        columns["click"].astype(np.float64),
        columns["propensity_score"],
        columns["campaign"].astype(np.str_),
    )


def with_mean_shares(views: Views) -> Views:
    """As if each item had always been as likely as it was in the mean."""
    shares = shares_of(views)
    shown = zip(views.campaign, views.position, views.item, strict=True)
    return replace(
        views, probability=np.array([shares[str(one), int(position)][item] for one, position, item in shown])
    )


def shares_of(views: Views) -> dict[tuple[str, int], Array]:
    """By campaign and position: how likely each item is to be shown, over all items."""
    items = int(views.item.max()) + 1
    found = {}
    for campaign in np.unique(views.campaign):
        for position in np.unique(views.position):
            shown = views.item[(views.campaign == campaign) & (views.position == position)]
            found[str(campaign), int(position)] = np.bincount(shown, minlength=items) / len(shown)
    return found


def log_of(views: Views, shares: dict[tuple[str, int], Array]) -> Log:
    """The log as it is judged: a campaign's positions are alike in what they get of items, an arm is an item of it."""
    names, campaign = np.unique(views.campaign, return_inverse=True)
    items = int(views.item.max()) + 1
    places = [(str(names[one]), int(position)) for one, position in zip(campaign, views.position, strict=True)]
    new = np.array([shares[place][item] for place, item in zip(places, views.item, strict=True)])
    segments = {place: number for number, place in enumerate(sorted(set(places)))}
    segment = np.array([segments[place] for place in places], dtype=np.int32)
    # A segment's shares, among the features of its campaign.
    rows = np.zeros((len(segments), len(names) * items))
    for (name, position), number in segments.items():
        first = int(np.searchsorted(names, name)) * items
        rows[number, first : first + items] = shares[name, position]
    step = Step(
        "item",
        ratios(new, views.probability),
        (views.item + campaign * items).astype(np.int32),
        sparse.csr_array(rows)[segment],
    )
    return Log(
        metrics=("click",),
        rewards=views.click[:, None],
        customers=np.arange(len(views.item), dtype=np.int32),
        segments=segment,
        flows=campaign.astype(np.int32),
        flow_names=tuple(map(str, names)),
        steps=(step,),
        features=len(names) * items,
    )


def _print(scope: Scope, other: Views) -> None:
    truth = other.click if not scope.flow else other.click[other.campaign == scope.flow]
    value, spread = float(truth.mean()), 1.96 * float(truth.std()) / len(truth) ** 0.5
    assert scope.reach is not None
    judged = scope.metrics[0]
    widths = {name: one.wider.high - one.wider.low for name, one in judged.candidate.items()}
    for name in ESTIMATORS:
        one = judged.candidate[name].wider
        # Both are estimates: how far apart they are, in standard errors of their difference.
        apart = abs(judged.candidate[name].value - value) / float(np.hypot(judged.candidate[name].error, spread / 1.96))
        told = f"{1000 * value:.2f} ({1000 * (value - spread):.2f}–{1000 * (value + spread):.2f})"
        print(
            f"{scope.flow or 'all three':>9} {told:>20} {name:>9} {_per_thousand(judged.candidate[name]):>20} "
            f"{'yes' if one.low <= value <= one.high else 'NO':>8} {apart:>6.1f} {widths[name] / widths['ips']:>9.2f}"
        )
    reach = scope.reach
    print(
        f"{'':>9} {scope.verdict}: {reach.emails:,} views are worth {reach.effective:,.0f} of the other policy's, "
        f"mean weight {reach.mean:.2f} ± {reach.mean_error:.2f}, largest {reach.largest:,.0f}, "
        f"top 1 % hold {reach.top_share:.0%}"
    )


def _per_thousand(one: Estimate) -> str:
    return f"{1000 * one.value:.2f} ({1000 * one.wider.low:.2f}–{1000 * one.wider.high:.2f})"


if __name__ == "__main__":
    main()
