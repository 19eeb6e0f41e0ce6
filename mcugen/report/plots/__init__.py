"""Geometry of the page's plots: from the document to positions, lengths and labels that templates write as SVG."""
