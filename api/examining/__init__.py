"""Examining a set-up: what is right, what is wrong, and how to mend it."""
