"""Understanding of one message: language, sentence vector, intent, entities. Pure: knows nothing of Rasa."""
