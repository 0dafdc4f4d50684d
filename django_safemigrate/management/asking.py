"""What only the author of a change can know: asked on a terminal, answered on the command line, or the safe default.

An answer is remembered, since a change may be split more than once on the way to its migrations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import indent

from django_safemigrate.decisions.choices import Choices
from django_safemigrate.decisions.rules import Level, Question, Refusal
from django_safemigrate.values.errors import ModelsFirst, Refused, UsageError

Write = Callable[..., object]
"""As ``OutputWrapper.write``: a text, and how it ends."""

PHASES = {level.words.replace(" ", "-"): level for level in Level}
"""What ``--allow-unsafe`` takes."""

COMMAND = "manage.py makemigrations"


class Asking:
    """Makes ``choices`` for a splitting autodetector. ``write`` is None where nobody can be asked."""

    def __init__(self, answers: Iterable[str], insist: Level | None, write: Write | None) -> None:
        """``answers``: as ``--answer`` has them, ``ABOUT=NUMBER``. Raises ``UsageError``."""
        self._answers = dict(_parsed(answer) for answer in answers)
        self._write = write
        self._taken: dict[str, tuple[Question, int]] = {}
        self._assumed: list[str] = []
        self._shown: list[Refusal] = []
        self._instead: list[str] = []
        self.choices = Choices(self._answer, insist, self._decide)

    def _answer(self, question: Question) -> int:
        if question.about not in self._taken:
            number = self._new_answer(question)
            self._taken[question.about] = question, number
            if question.options[number].instead:
                self._instead.append(question.options[number].instead)
        return self._taken[question.about][1]

    def _new_answer(self, question: Question) -> int:
        given = self._answers.get(question.about)
        if given is not None:
            if not 0 <= given < len(question.options):
                raise UsageError(
                    f"--answer {question.about}={given + 1} is none of the answers to: {question.text}",
                    "\n".join(_numbered(question)),
                    "Nothing was written.",
                )
            return given
        if self._write is None:
            self._assumed.append(question.about)
            return 0
        options = [f"{option.label}: {option.consequence}" for option in question.options]
        return choose(self._write, question.text, options)

    def _decide(self, refusals: Sequence[Refusal]) -> Level | None:
        if self._write is None:
            return None
        self._write(f"\nThere is no way for this change that both releases survive.\n\n{in_full(refusals)}\n\n")
        self._shown += refusals
        options = [
            "Stop: nothing is written",
            "Write it to run before deploy: the running release may fail from then on",
            "Write it to run after deploy: the new release may fail until then",
        ]
        return (None, Level.EXPAND, Level.CONTRACT)[choose(self._write, "What now?", options)]

    def refused(self, refusals: Sequence[Refusal]) -> Refused:
        """The error for what nobody insists on."""
        shown = all(refusal in self._shown for refusal in refusals)
        return Refused(
            "Nothing was written: there is no way for this change that both releases survive.",
            "" if shown else f"\n{in_full(refusals)}\n",
            "" if shown else f"To write it all the same: {COMMAND} --allow-unsafe before-deploy (or after-deploy)",
        )

    def check_models(self) -> None:
        """Raise ``ModelsFirst`` where somebody has taken an answer that is a line for the model."""
        if self._instead:
            lines = "\n".join(f"  {line}" for line in self._instead)
            raise ModelsFirst(
                "Nothing was written: the models come first.",
                f"Write this into them:\n{lines}",
                f"Then run: {COMMAND}",
            )

    def check_answers(self) -> None:
        """Raise ``UsageError`` for an ``--answer`` to something that was not asked."""
        unknown = [about for about in self._answers if about not in self._taken]
        if unknown:
            asked = [
                line for question, _ in self._taken.values() for line in (f"{question.text}", *_numbered(question))
            ]
            raise UsageError(
                f"--answer {unknown[0]}: nobody asks that.",
                "These are the questions:" if asked else "These changes leave no question open.",
                "\n".join(asked),
            )

    @property
    def assumed(self) -> Iterator[tuple[Question, int]]:
        """The questions for which the safe default was taken, without asking anybody."""
        return (self._taken[about] for about in self._assumed)


def choose(write: Write, text: str, options: Sequence[str]) -> int:
    """Ask on the terminal; the number of an option, from 0. The first one is what Enter stands for."""
    write(text)
    for number, option in enumerate(options, 1):
        write(f" {number}) {option}")
    prompt = "Select an option [1]: "
    while True:
        write(prompt, ending="")
        typed = input().strip() or "1"
        if typed.isdecimal() and 1 <= int(typed) <= len(options):
            return int(typed) - 1
        prompt = "Please select a valid option [1]: "


def in_full(refusals: Sequence[Refusal]) -> str:
    """What is refused, why, and what to do instead."""
    return "\n".join(
        "\n".join(
            [
                indent(refusal.fact, "  "),
                indent(f"Why: {refusal.reason}", "    "),
                indent(f"Instead: {refusal.remedy}", "    "),
            ]
        )
        for refusal in refusals
    )


def as_answer(question: Question, number: int) -> str:
    """As it is typed; ``number`` from 0."""
    return f"--answer {question.about}={number + 1}"


def _numbered(question: Question) -> Iterator[str]:
    for number, option in enumerate(question.options):
        yield f"  {as_answer(question, number)}  {option.label}: {option.consequence}"


def _parsed(answer: str) -> tuple[str, int]:
    about, _, number = answer.rpartition("=")
    if not about or not number.isdecimal():
        raise UsageError(
            f"--answer {answer} cannot be read.",
            "It takes the name of a question and the number of an answer.",
            "For example: --answer shop.order.number.unique=2",
        )
    return about.strip().lower(), int(number) - 1
