"""A query's way: a document is parsed and checked once, planned once, then answered from rows."""
