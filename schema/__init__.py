"""The contract: what is stored (tables, policies, reference) and what can be asked (types)."""
