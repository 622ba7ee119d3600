"""What the log tells of a policy, in sentences that promise no more than it does."""

from __future__ import annotations

from collections.abc import Sequence

from composer.ope.judging import LEAST_CUSTOMERS, LEAST_EFFECTIVE, Judged, Scope, Verdict
from composer.ope.weights import Overlap

NAMES = {
    "reward": "value (in orders)",
    "clicks": "clicks",
    "orders": "orders",
    "revenue": "revenue",
    "unsubscribes": "unsubscribes and complaints",
}
VERDICTS: dict[Verdict, str] = {
    "better": "more",
    "worse": "less",
    "cannot_tell_yet": "cannot tell yet",
    "too_few_outcomes": "too few",
    "out_of_reach": "too few such e-mails",
    "bad_probabilities": "probabilities are off",
    "empty": "nothing yet",
}
TELLING = 0.5
"""A dimension that leaves a smaller share of e-mails is named as what asks too much."""


def told(policy: str, scopes: Sequence[Scope], learned: bool, unknown_arms: Sequence[str]) -> list[str]:
    """Of a whole evaluation."""
    everything = scopes[0]
    if everything.verdict == "empty":
        return [reach_told(everything)]
    said = [f"{policy}: {reach_told(everything)}"]
    if everything.verdict == "cannot_tell_yet":
        said += [difference_told(one) for one in everything.metrics]
    if learned:
        said.append("It learned from this log: each half of your customers was judged by what the other half taught.")
    if unknown_arms:
        said.append(f"Never allowed in any e-mail of the log, so nothing is known of it: {', '.join(unknown_arms)}.")
    return said


def reach_told(scope: Scope) -> str:
    """Whether the log can tell anything of the policy."""
    reach = scope.reach
    if scope.verdict == "empty" or reach is None:
        return (
            "Cannot tell: there is no e-mail yet that left at least a week ago and of which it was reported what came "
            "of it (delivered, opened, clicked), and a policy is judged by those."
        )
    worth = f"{reach.emails:,} e-mails are worth {reach.effective:,.0f} that the new policy would have sent itself"
    if scope.verdict == "out_of_reach":
        return f"Cannot tell: the log has too few e-mails like those the new policy would send. {_why(scope, reach)}"
    if scope.verdict == "bad_probabilities":
        return (
            f"Cannot tell: the weights of the log are {reach.mean:.2f} in the mean and ought to be 1, so the "
            "probabilities that were logged are not those that were drawn by."
        )
    return f"The log can tell: {worth}."


def _why(scope: Scope, reach: Overlap) -> str:
    if reach.unsupported > 0.01:
        return f"{reach.unsupported:.0%} of what it would choose had no chance of being sent."
    if scope.customers < LEAST_CUSTOMERS:
        return f"It is of {scope.customers:,} customers, and it takes {LEAST_CUSTOMERS}."
    asks = sorted((share, name) for name, share in reach.by_dimension.items() if share < TELLING)
    because = f" What differs most is the {asks[0][1]}." if asks else ""
    return (
        f"Its {reach.emails:,} e-mails are worth {reach.effective:,.0f} that the new policy would have sent itself, "
        f"and it takes {LEAST_EFFECTIVE:,.0f}; 1 % of them have {reach.top_share:.0%} of all weight.{because}"
    )


def difference_told(one: Judged) -> str:
    """What the policy would change of one metric."""
    name, of = NAMES.get(one.metric, one.metric), one.difference["dr"].wider
    figures = f"{of.low * 1000:+,.1f} to {of.high * 1000:+,.1f} a 1,000 e-mails (95 % sure, for one look)"
    match one.verdict:
        case "better":
            return f"More {name}: {figures}."
        case "worse":
            return f"Less {name}: {figures}."
        case "too_few_outcomes":
            return f"Too few e-mails came to {name} to compare."
        case _:
            return f"Cannot tell yet whether more or less {name}: {figures}."
