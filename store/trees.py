"""LightGBM, for the rooms that learn with it: loaded when first needed, as it costs a second of start-up."""

from __future__ import annotations

from typing import Any

from store.errors import Unavailable


class LightGbmUnusable(Unavailable):
    """The machine lacks what LightGBM is linked against."""

    reason = "lightgbm_unusable"
    retryable = False


def load_lightgbm() -> Any:
    """The module. Raises: LightGbmUnusable."""
    try:
        import lightgbm
    except OSError as error:
        # Its wheel brings no OpenMP, and slim images have none.
        raise LightGbmUnusable(
            f"LightGBM cannot be loaded: {error}.", fix="Install OpenMP, on Debian: apt-get install libgomp1."
        ) from error
    return lightgbm
