"""Two pixels a multiplication, for cores that multiply 32 bits and have no DSP instructions."""
