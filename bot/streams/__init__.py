"""Streams: where signals go besides the store. Each sink gets every signal at least once, in order."""
