"""The operators of torch that mcugen reads, by kind: each writes the ONNX node of the same meaning."""
