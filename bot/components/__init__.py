"""Rasa graph components: thin shells around `bot.nlu`, named in config.yml."""
