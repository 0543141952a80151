"""Reference facts with their sources: councils, districts, support kinds, twinnings, routes."""
