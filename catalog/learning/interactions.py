"""What happened between customers and products, as columns: the only thing learning reads.

Customers are numbers without a meaning: whoever hands the events in keeps who they are.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Seconds = NDArray[np.int64]
Amounts = NDArray[np.float32]

KINDS = ("bought", "viewed", "carted", "wished", "returned")
BOUGHT, VIEWED, CARTED, WISHED, RETURNED = range(len(KINDS))
DAY = 86_400
MAX_QUANTITY = 1_000_000.0


def seconds(moment: datetime) -> int:
    """Whole seconds since the epoch; `moment` is timezone-aware."""
    return int(moment.timestamp())


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """Arrays of one length [m], ordered by customer, moment, product and kind: 19 bytes an interaction."""

    products: tuple[str, ...]
    """Product id by number, in alphabetical order, so that numbers do not depend on the order of events."""
    customer: Numbers
    product: Numbers
    at: Seconds
    kind: NDArray[np.int8]
    quantity: Amounts

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def from_arrays(
        cls,
        customers: Sequence[Hashable] | NDArray[Any],
        products: Sequence[str] | NDArray[Any],
        at: Sequence[int] | NDArray[Any],
        kinds: Sequence[str] | None = None,
        quantities: Sequence[float] | NDArray[Any] | None = None,
    ) -> Interactions:
        """From columns of one length in any order.

        `at`: datetime64 or seconds since the epoch; `kinds`: bought where None; `quantities`: 1 where None.
        Raises ValueError where lengths differ or a kind is unknown.
        """
        total = len(at)
        kinds = ["bought"] * total if kinds is None else kinds
        quantities = np.ones(total) if quantities is None else quantities
        moments = np.asarray(at)
        if np.issubdtype(moments.dtype, np.datetime64):
            moments = moments.astype("datetime64[s]").astype(np.int64)
        unknown = set(kinds) - set(KINDS)
        if unknown:
            raise ValueError(f"Unknown kinds {sorted(unknown)}; there are {', '.join(KINDS)}.")
        builder = InteractionsBuilder()
        columns = zip(customers, products, moments.tolist(), kinds, quantities, strict=True)
        for customer, product, moment, kind, quantity in columns:
            builder.add(customer, str(product), moment, KINDS.index(kind), float(quantity))
        return builder.build()

    def before(self, moment: int) -> Interactions:
        """What happened before `moment`, in seconds since the epoch."""
        return self.where(self.at < moment)

    def where(self, kept: NDArray[np.bool_]) -> Interactions:
        """The interactions [m] that are kept."""
        return Interactions(
            self.products,
            self.customer[kept],
            self.product[kept],
            self.at[kept],
            self.kind[kept],
            self.quantity[kept],
        )

    def of(self, kind: int) -> Interactions:
        """Those of one kind."""
        return self.where(self.kind == kind)

    def slices(self) -> tuple[Numbers, NDArray[np.int64]]:
        """(customers [c], starts [c + 1]): customer `i` has the rows `starts[i]:starts[i + 1]`."""
        customers, starts = np.unique(self.customer, return_index=True)
        return customers, np.append(starts, len(self))


@dataclass(slots=True)
class InteractionsBuilder:
    """Gathers a stream into columns: 21 bytes an interaction besides the names."""

    _customers: dict[Hashable, int] = field(default_factory=dict)
    _products: dict[str, int] = field(default_factory=dict)
    _customer: array[int] = field(default_factory=lambda: array("i"))
    _product: array[int] = field(default_factory=lambda: array("i"))
    _at: array[int] = field(default_factory=lambda: array("q"))
    _kind: array[int] = field(default_factory=lambda: array("b"))
    _quantity: array[float] = field(default_factory=lambda: array("f"))

    def add(self, customer: Hashable, product_id: str, at: int, kind: int, quantity: float = 1.0) -> None:
        """One interaction; `at` in seconds since the epoch, `kind` an index of `KINDS`."""
        self._customer.append(self._customers.setdefault(customer, len(self._customers)))
        self._product.append(self._products.setdefault(product_id, len(self._products)))
        self._at.append(at)
        self._kind.append(kind)
        self._quantity.append(min(max(quantity, 0.0), MAX_QUANTITY))

    def build(self) -> Interactions:
        """Everything added, in order, each (customer, moment, product, kind) once."""
        named = np.array(list(self._products), dtype=object)
        order = np.argsort(named) if len(named) else np.zeros(0, dtype=np.int64)
        rank = np.empty(len(named), dtype=np.int32)
        rank[order] = np.arange(len(named), dtype=np.int32)
        customer = _stable_numbers(self._customers)[np.frombuffer(self._customer, dtype=np.int32)]
        product = rank[np.frombuffer(self._product, dtype=np.int32)]
        at = np.frombuffer(self._at, dtype=np.int64)
        kind = np.frombuffer(self._kind, dtype=np.int8)
        quantity = np.frombuffer(self._quantity, dtype=np.float32)
        by = np.lexsort((quantity, kind, product, at, customer))
        columns = (customer[by], product[by], at[by], kind[by])
        first = np.ones(len(by), dtype=np.bool_)
        first[1:] = np.any([np.diff(column) != 0 for column in columns], axis=0)
        starts = np.flatnonzero(first)
        summed = np.add.reduceat(quantity[by], starts) if len(starts) else quantity
        customer, product, at, kind = columns
        ids = tuple(named[order].tolist())
        return Interactions(ids, customer[first], product[first], at[first], kind[first], summed)


def _stable_numbers(customers: Iterable[Hashable]) -> Numbers:
    """[c] a number for each customer that does not depend on the order in which events came."""
    names = [repr(name) for name in customers]
    numbers = np.empty(len(names), dtype=np.int32)
    numbers[np.argsort(np.array(names, dtype=object))] = np.arange(len(names), dtype=np.int32)
    return numbers
