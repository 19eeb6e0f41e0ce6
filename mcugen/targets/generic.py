"""Any processor with a C99 compiler; the host among them."""

from mcugen.targets.target import Target

GENERIC = Target(
    name="generic",
    description="portable C99, any processor",
    compiler="",
    compiler_flags=(),
    matrix_rows=2,
    matrix_columns=2,
)
