"""From what was said in a region to the `Problem` that a plan solves: every rule of care and labour law by name.

Pure: no database, no clock (`Snapshot.now` says when), no I/O. Where a rule has a source, its docstring names it.
"""
