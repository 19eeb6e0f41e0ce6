"""One file for each family of ONNX operators; `mcugen.frontend.onnx.table` lists them."""
