"""A report on a compiled model: one JSON document, and one HTML page that shows it."""

from mcugen.report.document import Images, Trial, make_document
from mcugen.report.page import render_page

__all__ = ["Images", "Trial", "make_document", "render_page"]
