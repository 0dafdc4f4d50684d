"""What stands on a terminal after some output: enough of one to see whether it is garbled."""

from __future__ import annotations

import io
import re

_PIECES = re.compile(r"\x1b\[(?P<arguments>[?\d;]*)(?P<code>[A-Za-z])|(?P<control>[\r\n])|(?P<text>[^\x1b\r\n]+)")


class Tty(io.StringIO):
    """A terminal, as far as a program can tell."""

    def isatty(self) -> bool:
        return True


def displayed(output: str) -> list[str]:
    """The lines, without colours, up to the last one in which something stands."""
    lines, row, column = [""], 0, 0
    for piece in _PIECES.finditer(output):
        if text := piece["text"]:
            lines[row] = lines[row].ljust(column)
            lines[row] = lines[row][:column] + text + lines[row][column + len(text) :]
            column += len(text)
        elif piece["control"] == "\r":
            column = 0
        elif piece["control"] == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif piece["code"] == "A":
            row = max(0, row - int(piece["arguments"] or 1))
        elif piece["code"] == "K":
            lines[row] = "" if piece["arguments"] == "2" else lines[row][:column]
        else:
            assert piece["code"] in "mhl", piece[0]  # colours, and the cursor's looks
    return "\n".join(line.rstrip() for line in lines).rstrip("\n").split("\n")
