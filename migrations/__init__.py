"""Alembic revisions: one idea each, down as well as up."""
