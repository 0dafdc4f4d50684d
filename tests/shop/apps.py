from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The app whose models and migrations the tests write as they go."""

    name = "tests.shop"
    label = "shop"
