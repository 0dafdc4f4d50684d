"""The app of this package."""

# Its tables are the journal, and nobody else's.
OWN_APP = "django_safemigrate"
