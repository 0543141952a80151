"""Strawberry types: what can be asked. A field says which column or relation it reads."""

from schema.types import enums  # noqa: F401 - registers the words before any type names them
