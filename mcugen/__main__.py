"""`python -m mcugen`: the command line."""

from mcugen.cli import main

if __name__ == "__main__":
    main()
