"""The benchmark: Grija and plain `rasa run`, the same model, the same messages, the same machine."""
