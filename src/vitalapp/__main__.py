"""`python -m vitalapp` is the command `vitalapp`."""

from vitalapp.cli import main

if __name__ == "__main__":
    main()
