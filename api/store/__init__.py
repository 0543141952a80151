"""The database: the embedded server, roles and migrations, pools per audience, listening."""
