"""``manage.py demo``: live traffic, a deploy in the middle of it, and what the traffic saw."""
