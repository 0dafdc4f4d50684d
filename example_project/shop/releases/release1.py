"""Release 1 of the shop's models."""

from __future__ import annotations

import random
from typing import Self

from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=100)
    email = models.EmailField(unique=True)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    name = models.CharField(max_length=100)
    price = models.DecimalField(max_digits=8, decimal_places=2)

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT)
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField(default=1)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    status = models.CharField(max_length=20, default="new")
    created = models.DateTimeField()
    gift_wrap = models.BooleanField(default=False)
    coupon_code = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"Order {self.pk}"

    def choose_options(self) -> Self:
        """What a customer of this release may tick at the checkout."""
        self.gift_wrap = random.random() < 0.2
        self.coupon_code = random.choice(["", "", "WELCOME10", "SUMMER"])
        return self
