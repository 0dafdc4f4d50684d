"""The comparison as tables in markdown: a summary, then for each tool a row a code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lint_corpus.case import MIGRATE, SAFEMIGRATE, Case
from tests.lint_corpus.project import BAD, GOOD

TOOLS = ("django-migration-linter", "django-safe-migrations", "squawk", "flake8-django-migrations")
NOTHING = "-"


@dataclass(frozen=True)
class Compared:
    """What is said about one case: ``theirs`` by side and tool, ``ours`` by runner and side."""

    case: Case
    theirs: Mapping[str, Mapping[str, Sequence[str]]]
    ours: Mapping[str, Mapping[str, Sequence[str]]]

    @property
    def is_reported(self) -> bool:
        """By the tool itself."""
        return self.case.code in self.theirs[BAD].get(self.case.tool, ())

    @property
    def is_ours(self) -> bool:
        """With the runner for which it is a defect."""
        return bool(self.case.ours.intersection(self.ours[self.case.runner][BAD]))

    def wrong(self) -> Iterator[str]:
        """What is not as the corpus says; a line each."""
        name = f"{self.case.tool} {self.case.code}"
        if self.is_reported is self.case.silent:
            yield f"{name}: the tool reports its bad migration: {self.is_reported}"
        if not self.is_ours and not self.case.reason:
            yield f"{name}: ours says nothing of {_list(self.case.ours)}, but {_list(self.ours[self.case.runner][BAD])}"
        if self.ours[self.case.runner][GOOD]:
            yield f"{name}: ours reports the good one: {_list(self.ours[self.case.runner][GOOD])}"


def put(path: Path, mark: str, text: str) -> None:
    """Put a text between the two marks of a page."""
    begin, end = f"<!-- begin of the {mark} -->", f"<!-- end of the {mark} -->"
    before, _, rest = path.read_text().partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{path} has no {begin}")
    path.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def tables(compared: Sequence[Compared]) -> str:
    """The whole comparison."""
    parts = [_summary(compared)]
    for tool in TOOLS:
        of_tool = [one for one in compared if one.case.tool == tool]
        parts += [f"### {tool}", _of_tool(tool, of_tool), *_reasons(of_tool)]
    return "\n\n".join(parts)


def _summary(compared: Sequence[Compared]) -> str:
    head = (
        "",
        "codes",
        "reports on the bad one",
        "on the good one, too",
        "ours: reported",
        "ours: no defect",
        "ours: on the good one",
    )
    rows = []
    for tool in TOOLS:
        of_tool = [one for one in compared if one.case.tool == tool]
        rows.append(
            (
                tool,
                str(len(of_tool)),
                str(sum(one.is_reported for one in of_tool)),
                str(sum(one.case.code in one.theirs[GOOD].get(tool, ()) for one in of_tool)),
                str(sum(one.is_ours for one in of_tool)),
                str(sum(not one.is_ours for one in of_tool)),
                str(sum(bool(one.ours[one.case.runner][GOOD]) for one in of_tool)),
            )
        )
    return table(head, rows)


def _of_tool(tool: str, compared: Sequence[Compared]) -> str:
    others = [one for one in TOOLS if one != tool]
    head = ("code", "what is bad", tool, *others, "ours, with `safemigrate`", "ours, with `migrate`")
    return table(head, (_row(tool, others, one) for one in compared))


def _row(tool: str, others: Sequence[str], one: Compared) -> Sequence[str]:
    theirs = (_cell(one.theirs[BAD].get(name, ()), one.theirs[GOOD].get(name, ())) for name in (tool, *others))
    ours = (_cell(one.ours[runner][BAD], one.ours[runner][GOOD]) for runner in (SAFEMIGRATE, MIGRATE))
    return (f"`{one.case.code}`", one.case.defect, *theirs, *ours)


def _cell(bad: Iterable[str], good: Iterable[str]) -> str:
    """The codes on the bad one alone; how many there are on both; those on the good one alone."""
    bad, good = set(bad), set(good)
    parts = [_list(bad - good)] if bad - good else []
    if bad & good:
        parts.append(f"both: {len(bad & good)}")
    if good - bad:
        parts.append(f"good: {_list(good - bad)}")
    return "; ".join(parts) or NOTHING


def _reasons(compared: Sequence[Compared]) -> Iterator[str]:
    lines = [f"- `{one.case.code}`: {one.case.reason}" for one in compared if one.case.reason]
    if lines:
        yield "What of it is no defect, or not the one that is named:"
        yield "\n".join(lines)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _list(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in sorted(codes)) or "nothing"
