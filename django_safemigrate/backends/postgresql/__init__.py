"""``ENGINE = "django_safemigrate.backends.postgresql"``."""
