"""Turns the reported facts of a region into the `Problem` that a plan solves; home of the rules of care and labour law.

Pure: no database, no I/O, and no clock (`Snapshot.now` is the time). Where a rule has a source, its docstring cites it.
"""
