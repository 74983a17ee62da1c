"""``python -m lazyrich.paper_checks`` is the command ``lazyrich``."""

import sys

from lazyrich.paper_checks.cli import main

if __name__ == "__main__":
    sys.exit(main())
