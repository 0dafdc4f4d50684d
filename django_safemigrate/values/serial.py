"""Steps as plain data and back, for the journal: what was compiled once is run as it was compiled."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, get_args

from .goals import Goal
from .locks import LockMode, RelationLock
from .steps import Step, Work

_GOALS = {kind.__name__: kind for kind in get_args(Goal)}


def to_data(step: Step) -> dict[str, Any]:
    """The step as JSON-able data."""
    goal = {"kind": type(step.goal).__name__, **asdict(step.goal)} if step.goal else None
    return {
        "description": step.description,
        "sql": step.sql,
        "locks": [[lock.relation, lock.mode.value] for lock in step.locks],
        "work": step.work.name,
        "goal": goal,
        "transactional": step.transactional,
        "undo": step.undo,
        "offenders": step.offenders,
        "remark": step.remark,
        "undo_first": [to_data(first) for first in step.undo_first],
        "no_undo": step.no_undo,
    }


def from_data(data: dict[str, Any]) -> Step:
    """The step that ``to_data`` was given."""
    goal = dict(data["goal"]) if data["goal"] else None
    return Step(
        description=data["description"],
        sql=data["sql"],
        locks=tuple(RelationLock(relation, LockMode(mode)) for relation, mode in data["locks"]),
        work=Work[data["work"]],
        goal=_GOALS[goal.pop("kind")](**goal) if goal else None,
        transactional=data["transactional"],
        undo=data["undo"],
        offenders=data["offenders"],
        remark=data["remark"],
        # Journals of earlier versions have neither.
        undo_first=tuple(from_data(first) for first in data.get("undo_first", ())),
        no_undo=data.get("no_undo", ""),
    )
