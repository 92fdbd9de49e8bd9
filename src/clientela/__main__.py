"""Run the command line as ``python -m clientela``."""

import sys

from clientela.cli import main

sys.exit(main())
