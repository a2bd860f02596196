"""The header of a file, matched with the columns that an import knows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from segments.imports.refusals import WrongHeader

METADATA = "metadata."
_MOST_COLUMNS = 500


def match_header(
    header: Sequence[str],
    *,
    known: Collection[str],
    required: Collection[str],
    metadata: bool = False,
) -> list[str]:
    """The name of each column, as we write it.

    Case and surrounding blanks don't matter, but for the names after ``metadata.``: these are kept
    as they are, case included.

    :raises WrongHeader: naming the column that is unknown, nameless, there twice, or missing.
    """
    if len(header) > _MOST_COLUMNS:
        raise WrongHeader(
            f"The header names {len(header):,} columns. Give at most {_MOST_COLUMNS}."
        )
    names = [_name(given.strip(), place) for place, given in enumerate(header, 1)]
    for name, given in zip(names, header, strict=True):
        if not (name in known or (metadata and name.startswith(METADATA))):
            raise WrongHeader(_unknown(given.strip(), known, metadata))
        if names.count(name) > 1:
            raise WrongHeader(f"The column “{name}” is in the header twice. Leave one out.")
    for name in required:
        if name not in names:
            raise WrongHeader(
                f"The header has no column “{name}”, which every row needs. It has: "
                f"{_list(header)}."
            )
    return names


def _name(given: str, place: int) -> str:
    if not given:
        raise WrongHeader(f"Column {place} of the header has no name. Name it, or delete it.")
    prefix, rest = given[: len(METADATA)], given[len(METADATA) :]
    if prefix.lower() == METADATA:
        return METADATA + rest
    return given.lower()


def _unknown(given: str, known: Collection[str], metadata: bool) -> str:
    message = f"The column “{given[:60]}” is not known."
    if nearest := get_close_matches(given.lower(), known, n=1):
        message += f" Did you mean “{nearest[0]}”?"
    else:
        message += f" The columns are: {_list(known)}."
    if metadata:
        message += f" To keep its values as metadata, name it “{METADATA}{given[:60]}”."
    return message


def _list(names: Collection[str]) -> str:
    return ", ".join(name[:60] for name in names)
