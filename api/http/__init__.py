"""HTTP, pure ASGI: what every request meets before and after GraphQL."""
