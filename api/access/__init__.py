"""Who asks: viewers, tokens, members."""
