"""`python -m daemon` is `gifrestored`."""

from daemon.cli import main

if __name__ == "__main__":
    main()
