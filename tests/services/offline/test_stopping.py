"""Ctrl-C: once is a wish, twice an end, and afterwards everything is as it was."""

import os
import signal

import pytest

from services.offline.stopping import Stop


def test_the_first_is_a_wish_and_the_second_an_end():
    before = signal.getsignal(signal.SIGINT)

    with Stop() as stop:
        asked = [stop()]
        os.kill(os.getpid(), signal.SIGINT)
        asked.append(stop())
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)

    assert asked == [False, True]
    assert signal.getsignal(signal.SIGINT) is before
