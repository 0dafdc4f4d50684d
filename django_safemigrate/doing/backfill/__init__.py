"""Rows filled in batches, by as many workers as one likes, from where the last one stopped."""
