"""How the weights of `compact` come about: pictures, synthetic motion, GIF damage, training, evaluation."""
