"""What happened in a shop, as columns: who did what with which item, when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

DAY = 86_400


class Kind(IntEnum):
    """What somebody did with an item, the weakest first."""

    VIEWED = 0
    CARTED = 1
    BOUGHT = 2


def numbered(first: Ints, second: Ints) -> Ints:
    """[n]: a number from 0 for each different pair; as `np.unique` over an axis, many times faster."""
    second = np.unique(second, return_inverse=True)[1].astype(np.int64)
    width = int(second.max(initial=0)) + 1
    return np.asarray(np.unique(first * width + second, return_inverse=True)[1], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Log:
    """Lines in order of time; every array is [lines] unless it says otherwise.

    Customers, items and orders are numbers from 0; `customer_ids` and `item_ids` name them.
    """

    customer: Ints
    item: Ints
    at: Ints
    """Seconds since the epoch, UTC; in logs without dates, since the first event."""
    kind: NDArray[np.int8]
    order: Ints
    """Lines of one basket share it."""
    quantity: Floats
    price: Floats
    """A unit; NaN where it is not known."""
    text: Ints
    """Which of `texts` titled the item on this line, -1 for none."""
    category: Ints
    """Which of `texts` is its category path, -1 for none."""
    customer_ids: NDArray[np.str_]
    item_ids: NDArray[np.str_]
    texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.at)

    @property
    def customers(self) -> int:
        """How many there are."""
        return len(self.customer_ids)

    @property
    def items(self) -> int:
        """How many there are."""
        return len(self.item_ids)

    @cached_property
    def is_bought(self) -> Mask:
        """[lines]."""
        return np.asarray(self.kind == Kind.BOUGHT)

    @cached_property
    def is_first_of_order(self) -> Mask:
        """[lines]: bought, and the first line of its order with this item."""
        kept = np.flatnonzero(self.is_bought)
        named = numbered(numbered(self.order[kept], self.customer[kept]), self.item[kept])
        mask = np.zeros(len(self), dtype=np.bool_)
        mask[kept[np.unique(named, return_index=True)[1]]] = True
        return mask

    @cached_property
    def bought(self) -> sparse.csr_matrix:
        """[customers, items]: 1 where the customer ever bought the item."""
        matrix = self.matrix(np.ones(len(self)), self.is_bought)
        matrix.data[:] = 1.0
        return matrix

    def matrix(self, weight: Floats, kept: Mask) -> sparse.csr_matrix:
        """[customers, items] float32: the sum of `weight` [lines] over the `kept` lines."""
        of = (weight[kept].astype(np.float32), (self.customer[kept], self.item[kept]))
        matrix = sparse.coo_matrix(of, shape=(self.customers, self.items)).tocsr()
        matrix.sum_duplicates()
        return matrix

    def age_days(self, now: int) -> Floats:
        """[lines]: how long before `now`."""
        return np.asarray((now - self.at) / DAY)

    def all_as_bought(self) -> Log:
        """The same lines, each a purchase."""
        return replace(self, kind=np.full_like(self.kind, Kind.BOUGHT))

    def where(self, kept: Mask) -> Log:
        """The lines of `kept`, renumbered: what none of them names is not there at all."""
        customers, customer = np.unique(self.customer[kept], return_inverse=True)
        items, item = np.unique(self.item[kept], return_inverse=True)
        return Log(
            customer=customer.astype(np.int64),
            item=item.astype(np.int64),
            at=self.at[kept],
            kind=self.kind[kept],
            order=self.order[kept],
            quantity=self.quantity[kept],
            price=self.price[kept],
            text=self.text[kept],
            category=self.category[kept],
            customer_ids=self.customer_ids[customers],
            item_ids=self.item_ids[items],
            texts=self.texts,
        )

    def last_known(self, values: NDArray[np.generic], known: Mask) -> NDArray[np.generic]:
        """[items]: `values` [lines] of each item's last line that is `known`; of its last line where none is."""
        found = values[np.zeros(self.items, dtype=np.int64)]
        found[self.item] = values
        found[self.item[known]] = values[known]
        return found

    def titles(self) -> list[str]:
        """[items]: the last title of each, its id where it never had one."""
        codes = self.last_known(self.text, self.text >= 0)
        pairs = zip(codes.tolist(), self.item_ids.tolist(), strict=True)
        return [self.texts[code] if code >= 0 else name for code, name in pairs]

    def category_paths(self) -> list[str | None]:
        """[items]: the last category path of each."""
        codes = self.last_known(self.category, self.category >= 0)
        return [self.texts[code] if code >= 0 else None for code in codes.tolist()]
