"""Reports: frozen releases of figures, safe to publish, the same again next week."""
