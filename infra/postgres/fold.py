"""The number of our fold: the version of what `services/accept/apply.py` makes of the ledger.

Raise it when the same ledger gives another state than in the last release: `migrate` then rebuilds, and meanwhile no
process of another fold adds to the state (decision 0019). 0.1.0 is 1; 2 orders facts by their own moments.
"""

from typing import Final

FOLD: Final = 2
