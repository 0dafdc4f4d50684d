"""How Sphinx builds these pages: ``sphinx-build -W -n docs docs/_build``."""

project = "django-safemigrate-pg"
copyright = "the django-safemigrate-pg authors"
author = "the django-safemigrate-pg authors"

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = "django-safemigrate-pg"
