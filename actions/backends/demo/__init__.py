"""The embedded demo shop: one SQLite file, made and seeded on first use."""

from actions.backends.demo.shop import DemoShop

__all__ = ["DemoShop"]
