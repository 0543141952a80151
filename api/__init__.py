"""The service: what happens."""
