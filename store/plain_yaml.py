"""YAML files of our own, read in C where PyYAML was built with libyaml: eight times faster than in Python.

Only for what lies on this machine because its owner put it there. What strangers hand in is read by PyYAML's own
parser: the one in C follows tens of thousands of open brackets until the stack ends, and the process with it.
"""

from __future__ import annotations

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WORDS_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_yaml(text: str) -> Any:
    """What a YAML text says. Raises yaml.YAMLError with the line and the column, in the same words everywhere."""
    try:
        return yaml.load(text, Loader=LOADER)  # noqa: S506 - safe: it builds only plain values
    except (yaml.YAMLError, UnicodeEncodeError):
        # Read once more: the parser in Python shows the line in its message, and has messages of its own.
        return yaml.safe_load(text)


def read_words(text: str) -> Any:
    """The same with every scalar a string: "off" and "no" are words here, not booleans."""
    return yaml.load(text, Loader=WORDS_LOADER)  # noqa: S506 - safe: it builds only strings, lists and maps
