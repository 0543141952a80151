"""Releases as files: CSV, spreadsheets as government statistics are published, and charts."""
