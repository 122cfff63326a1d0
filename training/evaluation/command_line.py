"""What the commands that look at several models have in common."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def by_model(
    parser: argparse.ArgumentParser, option: str, pairs: Sequence[str], models: Sequence[str]
) -> dict[str, str]:
    """Model -> place, of an option that takes pairs ``MODEL=PLACE``; ends the command where one is none.

    Args:
        parser: of the command.
        option: as it is typed.
        pairs: what was typed after it.
        models: that may be named.
    """
    found = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(found) < len(pairs) or not set(found) <= set(models):
        parser.error(f"{option}: MODEL=PLACE with MODEL one of {', '.join(models)}, got {' '.join(pairs)}")
    return found
