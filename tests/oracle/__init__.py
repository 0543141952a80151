"""What the planner must answer, found the slow and plain way, and documents to ask both."""
