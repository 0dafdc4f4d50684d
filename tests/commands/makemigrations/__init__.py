"""``makemigrations``: what it writes, and what it says."""
