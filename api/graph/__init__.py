"""GraphQL's roots: queries, mutations and subscriptions, thin, one file per subject."""
