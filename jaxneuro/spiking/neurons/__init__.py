"""What a neuron does between spikes, at an input and at a spike."""
