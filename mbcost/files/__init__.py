"""Files of models become graphs here, without the framework that wrote them."""
