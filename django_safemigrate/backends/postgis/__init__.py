"""``ENGINE = "django_safemigrate.backends.postgis"``."""
