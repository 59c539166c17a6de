"""`python -m bench [pull] [--rounds N] [--issues N] [--large N]`: all measurements, or the named one."""

import argparse
import sys

from bench import pull


def main() -> int:
    """Run what was asked for; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures javis_pipeline beside a floor.")
    parser.add_argument("what", nargs="?", choices=["pull"], help="one measurement; all by default")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--issues", type=int, default=20_000, help="issues of a first load")
    parser.add_argument("--large", type=int, default=100_000, help="issues of the memory check; 0 leaves it out")
    given = parser.parse_args()
    return pull.measure(rounds=given.rounds, issues=given.issues, large=given.large)


if __name__ == "__main__":
    sys.exit(main())
