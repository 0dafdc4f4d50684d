"""Whether two operations may change places, by what each of them creates, deletes, alters and uses.

``Operation.reduce(other) is True`` is not that: it knows no table, column or index names, and it refuses most pairs of
index operations. Resources are names: of models, fields, tables, columns in a table, indexes and constraints.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .resources import Resource, in_state


@dataclass
class Footprint:
    """``seizes``: nobody knows what is done to these, so that no other operation may even use them before or after.
    ``everything``: nor to what, so it changes places with no other.
    """

    creates: set[Resource] = field(default_factory=set)
    deletes: set[Resource] = field(default_factory=set)
    alters: set[Resource] = field(default_factory=set)
    uses: set[Resource] = field(default_factory=set)
    seizes: set[Resource] = field(default_factory=set)
    everything: bool = False

    @property
    def touches(self) -> set[Resource]:
        return self.creates | self.deletes | self.alters | self.uses | self.seizes

    def and_also(self, other: Footprint) -> Footprint:
        """That of two operations in one."""
        return Footprint(
            self.creates | other.creates,
            self.deletes | other.deletes,
            self.alters | other.alters,
            self.uses | other.uses,
            self.seizes | other.seizes,
            self.everything or other.everything,
        )

    def of_the_state(self) -> Footprint:
        """That of the same operation where it leaves the database alone."""
        creates, deletes, alters, uses = map(in_state, (self.creates, self.deletes, self.alters, self.uses))
        return Footprint(creates, deletes, alters, uses, self.seizes, self.everything)


def commutes(first: Footprint, second: Footprint) -> bool:
    """Whether ``second``, which comes after ``first``, may as well come before it."""
    if first.everything or second.everything:
        return False
    return not (
        first.deletes & second.creates
        or first.creates & (second.uses | second.alters | second.deletes | second.creates)
        or first.alters & (second.alters | second.deletes | second.creates)
        or (first.uses | first.alters) & second.deletes
        or first.seizes & second.touches
        or first.touches & second.seizes
    )


def takes_the_name_of(first: Footprint, second: Footprint) -> bool:
    """Whether ``first``, which comes before ``second``, makes something whose name only ``second`` sets free.

    A table, a column, an index, or a field of a parent or a child (multi-table inheritance). Stock Django has such orders,
    too, and fails on them.
    """
    return any(resource[0] in _NAMES for resource in first.creates & second.deletes)


_NAMES = {"above", "below", "column", "name", "table"}
