"""Run the command line: ``clientela``, or ``python -m clientela``."""

import signal
import sys
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run() -> NoReturn:
    """Run the command of this process and end with its exit code.

    Signals wait while the modules are loaded, until the command handles them
    (:mod:`clientela.cli.interruption`), and when it has ended: no stack trace for them.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    from clientela.cli import main

    sys.exit(main())


if __name__ == "__main__":
    run()
