"""Open feeds: offers as Open Referral UK services, and tables as CSV. None holds a person."""
