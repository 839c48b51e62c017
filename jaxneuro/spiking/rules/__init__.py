"""Gradients by other roads than backpropagation, and plasticity."""
