"""What the shop's pages do with the database, without the pages.

Plain functions, each one request in one transaction. They name no field that differs between the releases;
Django's ORM does, by selecting and saving every field that its release of the model knows. That is what
breaks in a deploy.
"""

from __future__ import annotations

import random
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from shop.models import Customer, Order, Product

STATUSES = ("new", "paid", "packed", "sent", "done")


def list_orders_of_customer(customer: int) -> list[Order]:
    return list(Order.objects.filter(customer=customer).select_related("product").order_by("-created")[:20])


def show_order(order: int) -> Order:
    return Order.objects.select_related("customer", "product").get(pk=order)


@transaction.atomic
def place_order(customer: int, product: int) -> Order:
    wanted = Product.objects.get(pk=product)
    quantity = random.randint(1, 5)
    order = Order(
        customer=Customer.objects.get(pk=customer),
        product=wanted,
        quantity=quantity,
        total=wanted.price * quantity,
        created=timezone.now(),
    )
    order.choose_options().save()
    return order


@transaction.atomic
def update_status(order: int, status: str) -> Order:
    """Saves the whole row, as most code does."""
    found = Order.objects.select_for_update().get(pk=order)
    found.status = status
    found.save()
    return found


@transaction.atomic
def report_sales(seconds: float) -> dict[str, Decimal]:
    """Reads all orders, and keeps its transaction (and its ACCESS SHARE lock) open for so many seconds.

    The sleep stands for a bigger table and a slower report: this sum takes a tenth of a second.
    """
    rows = Order.objects.values("status").annotate(orders=Count("pk"), turnover=Sum("total"))
    turnover = {row["status"]: row["turnover"] for row in rows}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])
    return turnover
