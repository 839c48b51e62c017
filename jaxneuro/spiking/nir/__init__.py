"""The Neuromorphic Intermediate Representation: networks to graphs and back."""
