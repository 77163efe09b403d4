"""Grija: an omnichannel support bot with a Rasa core."""

__version__ = "0.1.0"
