"""Files of Keras models, whose configuration is read without Keras."""
