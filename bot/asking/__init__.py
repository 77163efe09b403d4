"""Asking little, all the time: one tap after a talk, a rare question about loyalty, and what the answers tell.

docs/asking.md has the definitions. Who is asked is drawn by a stable hash (`rules`), never chosen; `asker` asks, in
one transaction with the draw; `estimates` and `loyalty` make figures of the answers, each with an interval.
"""
