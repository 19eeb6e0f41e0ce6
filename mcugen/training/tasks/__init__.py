"""What nets are trained for: a task a file. Only `mcugen train` knows them all."""
