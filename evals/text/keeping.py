"""What is found out once is kept: on the object it was found out about, or for texts that come again.

An e-mail leaves hundreds of small objects behind if everything read of it is kept for the next one, and each of them is
one more for the garbage collector to walk past, at once and in the middle of some later e-mail. So what is only
of one e-mail goes with it, and what was met before stays.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
MET = 16_384
"""Calls remembered as met before, by a number each."""


class once(Generic[T]):  # noqa: N801 - written as a decorator, like `property`
    """`functools.cached_property` without its lock (gone from it in Python 3.12), which is one for all objects: who
    finds out something of one e-mail does not wait for who finds it out of another.
    """

    def __init__(self, find: Callable[[Any], T]) -> None:
        self._find = find
        self._name = ""
        self.__doc__ = find.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> once[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | once[T]:
        if instance is None:
            return self
        # Asked only once: what stands in the object's own dictionary goes before what its class has.
        found = instance.__dict__[self._name] = self._find(instance)
        return found


def kept_with(find: F) -> F:
    """Like `once`, for a function outside the class: what it finds out of an e-mail or a block goes with it.

    For pure functions of an object that has a dictionary, and of whatever else they are told.
    """
    name = f"{find.__module__}.{find.__qualname__}"

    def found(owner: Any, *more: Hashable) -> Any:
        known = owner.__dict__.get(name)
        if known is None:
            known = owner.__dict__[name] = {}
        if more not in known:
            known[more] = find(owner, *more)
        return known[more]

    found.__doc__ = find.__doc__
    return found  # type: ignore[return-value]


def kept_when_met_again(maxsize: int) -> Callable[[F], F]:
    """Like `functools.lru_cache(maxsize)`, from the second call with the same arguments on: a first one leaves nothing
    behind but a number.

    For pure functions only. The last 16,384 first calls or so are remembered, and all forgotten at once.
    """

    def decorate(find: F) -> F:
        kept = lru_cache(maxsize)(find)
        met = set[int]()

        def found(*key: Hashable) -> Any:
            number = hash(key)
            if number in met:
                return kept(*key)
            if len(met) >= MET:
                met.clear()
            met.add(number)
            return find(*key)

        found.__doc__ = find.__doc__
        return found  # type: ignore[return-value]

    return decorate
