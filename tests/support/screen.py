"""What stands on a terminal after some output: enough of one to see whether it is garbled."""

from __future__ import annotations

import io
import re
from itertools import groupby

_PIECES = re.compile(r"\x1b\[(?P<arguments>[?\d;]*)(?P<code>[A-Za-z])|(?P<control>[\r\n])|(?P<text>[^\x1b\r\n]+)")

# A character, and the codes of its colours.
_Cell = tuple[str, str]
_EMPTY: _Cell = (" ", "")


class Tty(io.StringIO):
    """A terminal, as far as a program can tell."""

    def isatty(self) -> bool:
        return True


def displayed(output: str) -> list[str]:
    """The lines, without colours, up to the last one in which something stands."""
    lines = ["".join(character for character, _ in line).rstrip() for line in _cells(output)]
    return "\n".join(lines).rstrip("\n").split("\n")


def painted(output: str) -> list[str]:
    """The same with their colours, as escape codes."""
    return [
        "".join(
            f"\x1b[0m{colour}{''.join(c for c, _ in run)}" for colour, run in groupby(line, key=lambda cell: cell[1])
        )
        for line in _cells(output)[: len(displayed(output))]
    ]


def _cells(output: str) -> list[list[_Cell]]:
    lines: list[list[_Cell]] = [[]]
    row, column, colour = 0, 0, ""
    for piece in _PIECES.finditer(output):
        arguments = piece["arguments"]
        if text := piece["text"]:
            line = lines[row] + [_EMPTY] * (column - len(lines[row]))
            lines[row] = line[:column] + [(character, colour) for character in text] + line[column + len(text) :]
            column += len(text)
        elif piece["control"] == "\r":
            column = 0
        elif piece["control"] == "\n":
            row, column = row + 1, 0
            lines += [[] for _ in range(row + 1 - len(lines))]
        elif piece["code"] == "A":
            row = max(0, row - int(arguments or 1))
        elif piece["code"] == "K":
            lines[row] = [] if arguments == "2" else lines[row][:column]
        elif piece["code"] == "m":
            colour = "" if arguments in ("", "0") else colour + piece[0]
        else:
            assert piece["code"] in "hl", piece[0]  # the cursor's looks
    return lines
