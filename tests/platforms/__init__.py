"""Doubles of platforms: local servers that do what the real ones do, also under fault."""
