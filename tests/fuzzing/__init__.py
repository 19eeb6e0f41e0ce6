"""A fuzzer of everything that reads a model file and makes C of it: `python -m tests.fuzzing --help`."""
