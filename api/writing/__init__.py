"""A change's way: one transaction with its audit event and its outbox row, or none of them."""
