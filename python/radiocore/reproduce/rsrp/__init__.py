"""The evaluation of the RSRP paper (arXiv:2207.00166, section IV), on made-up and on public measurements."""
