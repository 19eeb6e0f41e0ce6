"""DSP instructions of Armv7E-M: two products of 16 bits a multiplication."""
