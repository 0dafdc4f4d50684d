"""Reading everything, and comparing it with what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from .ledger import Row
from .version import Model, Version


def differences(version: Version, model: Model) -> Iterator[tuple[str, str]]:
    """What the rows of a model are not: the attribute (or nothing), and a sentence. One query, of every column.

    Rows that nobody has written down (traffic is about to) are none of our business.
    """
    entity = version.entity(model)
    expected, gone = version.ledger.snapshot(entity), set(version.ledger.gone.get(entity, ()))
    fields = list(model._meta.concrete_fields)
    rows = version.objects(model)
    if version.enlarged:
        rows = rows.filter(pk__in=[*expected, *gone])
    found = {row[0]: row[1:] for row in rows.values_list("pk", *(its.attname for its in fields)).iterator()}
    attributes = [version.attribute(its) for its in fields]
    blind = version.uncompared
    for key, row in expected.items():
        if key not in found:
            if (entity, "") not in blind and _settled(version, entity, key, row):
                yield "", f"The row {key!r} of {model._meta.label} is lost: it was written, and is not there."
            continue
        for field, attribute, value in zip(fields, attributes, found[key], strict=True):
            if (entity, attribute) in blind:
                continue
            if attribute in row and not same(field, row[attribute], value) and _settled(version, entity, key, row):
                yield (
                    field.name,
                    (
                        f"{model._meta.label}.{field.name} of row {key!r} is {value!r}, and {row[attribute]!r} was written."
                    ),
                )
    for key in gone & found.keys() if (entity, "") not in blind else ():
        yield "", f"The row {key!r} of {model._meta.label} is there, and was deleted."


def _settled(version: Version, entity: str, key: Any, row: Row) -> bool:
    """Whether a row is still what it was before it was read: traffic changes and deletes its own."""
    return (entity, key) not in version.ledger.busy and version.ledger.snapshot(entity).get(key) == row


def same(field: Any, expected: Any, found: Any) -> bool:
    """Whether what was read is what was written, perhaps by a version in which the field has another type."""
    if expected is None:
        return found is None or not field.null
    while field.is_relation:
        field = field.target_field
    try:
        wanted = field.to_python(expected)
        got = field.to_python(found)
    except (ValidationError, TypeError, ValueError):
        return str(expected) == str(found)
    if wanted == got:
        return True
    if isinstance(got, memoryview | bytes | bytearray):
        return bytes(wanted) == bytes(got)
    return str(wanted) == str(got)


def link_differences(version: Version, model: Model) -> Iterator[tuple[str, str]]:
    """The same for many-to-many fields."""
    for field in version.links(model):
        expected = version.ledger.links.get(version.link_entity(field))
        if not expected:
            continue
        through = field.remote_field.through
        names = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        found = set(version.objects(through).values_list(*names))
        lost = (expected & version.ledger.links.get(version.link_entity(field), set())) - found
        if lost:
            yield field.name, f"{model._meta.label}.{field.name} has lost the links {sorted(lost, key=str)!r}."


def constant_differences(
    version: Version, model: Model, constants: Mapping[tuple[str, str], Any]
) -> Iterator[tuple[str, str]]:
    """Rows that no code of this version has written, and that have not the value that stock Django gives such rows."""
    entity = version.entity(model)
    for field in model._meta.local_concrete_fields:
        attribute = version.attribute(field)
        if (entity, attribute) not in constants or (entity, attribute) in version.uncompared:
            continue
        wanted = constants[entity, attribute]
        rows = version.ledger.snapshot(entity)
        for key, value in version.objects(model).values_list("pk", field.attname):
            if attribute not in rows.get(key, {attribute: None}) and not same(field, wanted, value):
                place = f"{model._meta.label}.{field.name} of row {key!r}, which the old code has written,"
                yield field.name, f"{place} is {value!r}; stock Django gives {wanted!r}."


def take_fills_over(version: Version, model: Model) -> None:
    """What was written as NULL, and may not be NULL in this version, was filled: from now on that is what has to be there."""
    entity = version.entity(model)
    fields = [its for its in model._meta.local_concrete_fields if not its.null and not its.primary_key]
    names = {its.attname: version.attribute(its) for its in fields}
    rows = version.ledger.snapshot(entity)
    for found in version.objects(model).values("pk", *names):
        expected = rows.get(found["pk"], {})
        filled = {own: found[name] for name, own in names.items() if own in expected and expected[own] is None}
        if filled:
            version.ledger.settle(entity, found["pk"], filled)
