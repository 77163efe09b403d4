"""The console of people: its page, its socket, and who has which conversation open. See docs/console-protocol.md."""
