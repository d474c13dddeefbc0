"""Files of TensorFlow Lite become graphs here, without TensorFlow."""
