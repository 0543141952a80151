"""Offers: the rules they keep, and the commands on them."""
