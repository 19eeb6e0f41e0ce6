"""What a training has come to, as pictures and as one page; read from its metrics, without torch."""
