"""``python -m newsdata``."""

from newsdata.cli import main

if __name__ == "__main__":
    main()
