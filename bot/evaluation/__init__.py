"""How well messages are understood: held-out files, public sets, and a comparison of ways to do it."""
