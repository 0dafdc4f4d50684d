"""Corrections that need no thought: what is written instead, with everything else in the file left as it is."""
