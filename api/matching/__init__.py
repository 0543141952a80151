"""Matching: an offer and a household, from the proposal to the end of the placement."""
