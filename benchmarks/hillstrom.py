"""Hillstrom's e-mail test: do the learner and the report say what is true there?

    python -m benchmarks.hillstrom [--data ../shared/data]

64,000 customers of a shop were sent the men's mail, the women's mail or none, by lot (Hillstrom 2008). True there, as
others have found: mails bring visits and money, the men's mail more visits than the women's, and choosing between the
two for each person has not been shown to be better than the men's mail for all. Everything that is said below is said
by the code that speaks to shops.

The learner learns from half of the customers and is judged by the other half, and the other way round. It knows people
by their group: what they spent before, on what, how they order, and whether they are new.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse

from composer.bandit.posterior import learn_posterior
from composer.bandit.reward import Kind
from composer.bandit.statistics import Segment, Statistics, Told
from composer.ope.estimators import estimates
from composer.ope.judging import Judged, Verdict
from composer.ope.log import Array, Log, Step, ratios
from composer.ope.outcomes import control
from composer.ope.wording import difference_told
from composer.results.clusters import Sample, Totals
from composer.results.model import UNITS, Comparison, Figures
from composer.results.reading import Results
from composer.results.sequential import ALPHA, critical, information
from composer.results.statistics import compare_arms, share_difference
from composer.results.wording import told

MENS, WOMENS, NONE = "Mens E-Mail", "Womens E-Mail", "No E-Mail"
ARMS = (MENS, WOMENS)
FLOW = "newsletter"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 14
"""After the mails in which visits and orders were counted."""


class Customer(NamedTuple):
    """One row."""

    group: str
    mail: str
    visit: bool
    bought: bool
    spent: float
    before: float


def main() -> None:
    """Print what the learner and the report say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    file = parser.parse_args().data / "hillstrom.csv.gz"
    if not file.exists():
        print(f"{file} is missing, so nothing is said.")
        return
    customers = read(file)
    print_report(customers)
    print_learner([one for one in customers if one.mail != NONE])


def read(file: Path) -> list[Customer]:
    """All customers."""
    with gzip.open(file, "rt") as opened:
        return [
            Customer(
                " ".join(row[name] for name in ("history_segment", "mens", "womens", "newbie", "channel")),
                row["treatment"],
                row["visit"] == "1",
                row["conversion"] == "1",
                float(row["spend"]),
                float(row["history"]),
            )
            for row in csv.DictReader(opened)
        ]


# The report ---------------------------------------------------------------------------------------------------------


def print_report(customers: Sequence[Customer]) -> None:
    """Each mail against none, and the men's against the women's."""
    of = {mail: [one for one in customers if one.mail == mail] for mail in (*ARMS, NONE)}
    print("Mails against none, both true at once:")
    for mail, comparison in compare_arms({mail: sample(of[mail]) for mail in ARMS}, sample(of[NONE])).items():
        _print_results(mail, of[mail], of[NONE], comparison)
    print("\nThe men's mail against the women's:")
    [(_, comparison)] = compare_arms({MENS: sample(of[MENS])}, sample(of[WOMENS])).items()
    _print_results(MENS, of[MENS], of[WOMENS], comparison)


def sample(customers: Sequence[Customer]) -> Sample:
    """What they spent, given what they had spent the year before."""
    figures = np.array([(one.spent, one.bought, one.before) for one in customers], dtype=np.float64)
    spent, bought, before = figures.T
    return Sample(Totals.of(spent, None, before), Totals.of(bought, None, before))


def _print_results(name: str, mailed: Sequence[Customer], held: Sequence[Customer], comparison: Comparison) -> None:
    results = Results(
        campaign="hillstrom", name=name, flow=FLOW, currency="USD", window_days=DAYS,
        mailed=_figures(mailed), holdout=_figures(held), comparison=comparison,
    )  # fmt: skip
    print(f"  {name}: {told(results)}")
    one, other = (
        Totals.of(np.array([customer.visit for customer in side], dtype=np.float64)) for side in (mailed, held)
    )
    visits = share_difference(one, other, critical(information(one, other), alpha=ALPHA / comparison.arms))
    print(f"  Share who visited the shop: {visits.low * 100:+.1f} to {visits.high * 100:+.1f} percentage points more.")


def _figures(customers: Sequence[Customer]) -> Figures:
    spent = [one.spent for one in customers]
    return Figures(
        customers=len(customers),
        buyers=sum(one.bought for one in customers),
        revenue=round(sum(spent) * UNITS),
        revenue_squared=sum(money**2 for money in spent),
    )


# The learner --------------------------------------------------------------------------------------------------------


def print_learner(customers: Sequence[Customer]) -> None:
    """Choosing for each person, by what the other half of them taught, against the men's mail for all."""
    half = np.arange(len(customers)) % 2
    for name, choose in (("The learner", chosen), ("Each group's own figures, not pooled with others'", highest)):
        taught = [choose([one for one, mine in zip(customers, half, strict=True) if mine == part]) for part in (0, 1)]
        choice = [taught[1 - part].get(one.group, MENS) for one, part in zip(customers, half, strict=True)]
        found = Counter(choice)
        print(f"\n{name} would send the men's mail to {found[MENS]:,} and the women's to {found[WOMENS]:,}.")
        if found[WOMENS]:
            print("Against the men's mail for all:")
            for metric in ("visits", "orders"):
                print(f"  {difference_told(judged(metric, customers, choice))}")
        else:
            print("  That is the men's mail for all: it claims no gain from choosing for each person.")
    print("\nThe women's mail for all against the men's:")
    print(f"  {difference_told(judged('visits', customers, [WOMENS] * len(customers)))}")


def highest(customers: Sequence[Customer]) -> dict[str, str]:
    """By group, the mail that more of these visited after: what a learner does that does not pool."""
    visits: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for one in customers:
        visits[one.group, one.mail].append(one.visit)
    rates = {key: sum(seen) / len(seen) for key, seen in visits.items()}
    return {group: max(ARMS, key=lambda mail: rates.get((group, mail), 0.0)) for group, _ in rates}


def chosen(customers: Sequence[Customer]) -> dict[str, str]:
    """By group, the mail that is most likely the best after what these came to."""
    statistics = Statistics()
    for one in customers:
        kind = Kind.ORDERED if one.bought else Kind.CLICKED if one.visit else Kind.NOTHING
        statistics.add(Told(Segment(FLOW, one.group), WHEN, kind, {"angle": [one.mail, 0.5, list(ARMS)]}))
    posterior = learn_posterior(statistics, WHEN, {})
    groups = {one.group for one in customers}
    best = {group: posterior.best_in("angle", Segment(FLOW, group), ARMS) for group in groups}
    return {group: ARMS[int(np.argmax(shares))] for group, shares in best.items()}


def judged(metric: str, customers: Sequence[Customer], choice: Sequence[str]) -> Judged:
    """`choice`, a mail for each, against the men's mail for all: doubly robust, by what was sent by lot."""
    rewards = np.array([one.visit if metric == "visits" else one.bought for one in customers], dtype=np.float64)
    theirs, mens = scores(customers, rewards, choice), scores(customers, rewards, [MENS] * len(customers))
    whose = np.arange(len(customers), dtype=np.int32)
    [found] = estimates(mens[:, None], np.ones(len(customers)), (theirs - mens)[:, None], whose)
    within = found.difference["dr"].wider
    verdict: Verdict = "better" if within.low > 0 else "worse" if within.high < 0 else "cannot_tell_yet"
    return Judged(
        metric=metric,
        verdict=verdict,
        logged=found.logged,
        candidate=found.candidate,
        difference=found.difference,
    )


def scores(customers: Sequence[Customer], rewards: Array, choice: Sequence[str]) -> Array:
    """(n,): what each is worth under `choice`, doubly robust. Each of both mails was as likely."""
    groups = {group: place for place, group in enumerate(sorted({one.group for one in customers}))}
    segment = np.array([groups[one.group] for one in customers], dtype=np.int32)
    sent = np.array([ARMS.index(one.mail) for one in customers])
    wanted = np.array([ARMS.index(mail) for mail in choice])
    rows, features = np.arange(len(customers)), len(groups) * len(ARMS)
    shares = sparse.csr_array((np.ones(len(rows)), (rows, segment * len(ARMS) + wanted)), shape=(len(rows), features))
    step = Step(
        "mail",
        ratios((sent == wanted).astype(np.float64), np.full(len(rows), 0.5)),
        (segment * len(ARMS) + sent).astype(np.int32),
        shares,
    )
    log = Log(
        metrics=("reward",), rewards=rewards[:, None], customers=rows.astype(np.int32), segments=segment,
        flows=np.zeros(len(rows), dtype=np.int32), flow_names=(FLOW,), steps=(step,), features=features,
    )  # fmt: skip
    found: Array = log.weights * rewards + control(log)[:, 0]
    return found


if __name__ == "__main__":
    main()
