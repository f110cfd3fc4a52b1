"""Run the command line with ``python -m nushine``."""

from nushine.cli import main

if __name__ == "__main__":
    main()
