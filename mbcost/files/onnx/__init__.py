"""ONNX files -> Graph, with the onnx package and nothing else; the weights are never copied."""
