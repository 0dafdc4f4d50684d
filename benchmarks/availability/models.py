"""The models of the generated project, before and after each change, as source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

REFERENCE = "models.ForeignKey(Customer, models.CASCADE)"
REFERRER = 'models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")'


@dataclass
class Model:
    """A model's source, in parts that a change replaces."""

    fields: dict[str, str]
    indexes: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)

    def source(self, name: str) -> str:
        lines = [f"class {name}(models.Model):", *(f"    {key} = {value}" for key, value in self.fields.items())]
        options = {"indexes": self.indexes, "constraints": self.constraints}
        meta = [f"        {key} = [{', '.join(items)}]" for key, items in options.items() if items]
        return "\n".join([*lines, *(["", "    class Meta:", *meta] if meta else [])])


Models = dict[str, Model]


def before() -> Models:
    """``Order`` is the big table, ``Customer`` the one that it references, ``Archive`` one that nobody needs any more."""
    return {
        "Customer": Model({"name": "models.CharField(max_length=100)", "visits": "models.IntegerField()"}),
        "Archive": Model({"customer": REFERENCE, "text": "models.CharField(max_length=50)"}),
        "Order": Model(
            {
                "customer": REFERENCE,
                "number": "models.CharField(max_length=20)",
                "status": "models.CharField(max_length=10)",
                "total": "models.IntegerField()",
                "weight": "models.IntegerField(null=True)",
                "note": "models.CharField(max_length=50, null=True)",
            },
            indexes=['models.Index(fields=["total"], name="order_total")'],
        ),
    }


def source(models: Models) -> str:
    classes = [model.source(name) for name, model in models.items()]
    return "\n\n\n".join(["from django.db import models", *classes]) + "\n"


def after(change: Callable[[Models], object]) -> Models:
    models = before()
    change(models)
    return models
