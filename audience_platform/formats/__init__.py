"""How dates and times are written, where Django's own way differs from the rest of our pages."""
