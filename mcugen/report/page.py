"""The document as one HTML page that needs nothing but itself: no network, no font, no script from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import jinja2
from markupsafe import Markup, escape
from msgspec import UNSET

from mcugen.plan.explain import reasons
from mcugen.reference.pixels import range_text
from mcugen.report.answers import board_answer, class_rates, speed_text
from mcugen.report.camera import CameraPictures, pixels_line
from mcugen.report.kinds import KINDS
from mcugen.report.pictures import MOST
from mcugen.report.plots.axis import compact
from mcugen.report.plots.channels import channel_rows
from mcugen.report.plots.confusion import confusion
from mcugen.report.plots.costs import stage_costs
from mcugen.report.plots.ranges import activation_rows, weight_rows
from mcugen.report.plots.roofline import roofline
from mcugen.report.plots.stagemap import shape_text, stage_map
from mcugen.report.plots.timeline import timeline
from mcugen.report.proofs import FORMS
from mcugen.schemas.encode import to_compact_json
from mcugen.schemas.report.document import ReportOutput
from mcugen.templating import template_directory
from mcugen.text import printable


def render_page(
    document: ReportOutput,
    pictures: Mapping[int, str] | None = None,
    board: str | None = None,
    objects: str | None = None,
    camera: CameraPictures | None = None,
) -> str:
    """The page. document: of `make_document`; it is embedded as it is, in the element with the id "document".

    pictures: of images that int8 gets wrong or that flipped, as data URIs by their index, see `pictures`. board: the
    name of that which the page is to answer for first. objects: the picture of those found, as a data URI. camera:
    what it sends, and what becomes of it.
    """
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            document=document,
            embedded=embedded_json(document),
            pictures=pictures or {},
            most_pictures=MOST,
            objects_picture=objects,
            camera_pictures=camera,
            camera_pixels="" if document.camera is UNSET else pixels_line(document.camera.pixels),
            answer=board_answer(document.boards, board),
            speed_text=speed_text,
            rates=class_rates(document.accuracy),
            kinds={kind: name for kind, name in KINDS.items() if kind in {layer.kind for layer in document.layers}},
            forms={name: FORMS[name] for name in FORMS if name in {proof.form for proof in document.proofs}},
            plots={
                "stages": stage_map(document),
                "timeline": timeline(document),
                "costs": stage_costs(document),
                "roofline": roofline(document),
                "weights": weight_rows(document),
                "activations": activation_rows(document),
                "channels": channel_rows(document),
                "confusion": confusion(document),
            },
        )
    )


def embedded_json(document: ReportOutput) -> Markup:
    """JSON that can stand inside a script element: nothing in it ends the element or begins a comment."""
    text = to_compact_json(document)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


@cache
def environment() -> jinja2.Environment:
    """Templates of pages, and the filters that they know."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_directory() / "report"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    made.filters.update(thousands=_thousands, percent=_percent, compact=compact, shape=shape_text, millions=_millions)
    made.filters["real_range"] = range_text
    made.filters["breakable"] = _breakable
    made.filters["reasons"] = reasons
    return made


def _breakable(name: str) -> Markup:
    """A name that breaks behind its underscores where it is too long for a line."""
    return Markup(str(escape(printable(name))).replace("_", "_<wbr>"))


def _thousands(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _millions(value: int) -> str:
    """Large counts to two decimals, so that neighbours can be compared."""
    return f"{value / 1e6:.2f} M" if value >= 1_000_000 else f"{value:,}"


def _percent(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:.{digits}%}"
