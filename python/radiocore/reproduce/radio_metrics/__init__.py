"""The evaluation of the CRC-ML-4G paper (RSRP, RSRQ and RSSI of crowdsourced links), on made-up and public links."""
