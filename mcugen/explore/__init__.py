"""Choosing a net: what fits a board, and what nets compare like once they are trained, quantized and compiled."""
