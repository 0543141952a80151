"""Requests: what a household needs, what it agreed to, and what became of it."""
