"""Grija: an omnichannel support bot with a Rasa core."""

from bot.cores import choose_core

__version__ = "0.1.0"

choose_core()
