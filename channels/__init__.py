"""Platform adapters: one module for each channel."""
