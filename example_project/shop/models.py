"""The models of the release that this process runs.

In a real project the two releases are two commits. Here both are in the tree, since the demo runs processes
of both at the same time, as every rolling deploy does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING or settings.SHOP_RELEASE == 2:
    from shop.releases.release2 import Customer, Order, Product
else:
    from shop.releases.release1 import Customer, Order, Product

__all__ = ["Customer", "Order", "Product"]
