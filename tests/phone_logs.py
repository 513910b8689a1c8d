"""The logs that phones write, as small files."""

from __future__ import annotations

import gzip

OPENCELLID = (
    "mcc,mnc,lac,cellid,lat,lon,signal,measured_at,rating,speed,direction,act,ta,psc,tac,pci,sid,nid,bid\n"
    "302,720,29100,9567049,45.4162085,-75.6717506,-89,1610209931784,122.4,3.3,329.6,LTE+,2,,29100,373,,,\n"
    "302,720,29100,9567049,45.4179954,-75.6736827,-93,1610209938000,7.0,13.7,281.5,LTE,2,,29100,373,,,\n"
    "302,720,29100,9567050,45.4181599,-75.6745053,0,1610209943000,10.7,10.6,294.2,LTE,3,,29100,373,,,\n"
    "302,720,291,95670,45.4183973,-75.6747514,-79,1610209953000,9.6,0.4,297.3,UMTS,,12,,,,,\n"
    "302,220,10100,5501,45.4183973,-75.6747514,-101,1610209953000,9.6,0.4,297.3,LTE,,,10100,7,,,\n"
)
"""What Network Cell Info (Lite) exports."""

EXPORTED = (
    "mcc,net,area,cell,lon,lat,signal,measured,created,rating,radio\n"
    "262,1,77,13828122,7.41,51.49,-90,1544432926,1544432999,5,LTE\n"
    "262,1,77,13828122,7.42,51.49,-95,1544432927,1544432999,5,LTE\n"
)
"""What OpenCelliD exports."""

PHONE = (
    "# made by a phone\n# version 1\n"
    "deviceTime,latitude,longitude,altitude,mcc,mnc,tac,eci,earfcn,pci,rsrp,rsrq,ta,servingCell,snr,note\n"
    "2025-10-10T13:58:27.603-04:00,37.7749,-122.4194,15.6,310,260,12345,12345678,750,36,-112.0,-9.0,39,true,-1.0,a\n"
    "2025-10-10T13:58:28.603-04:00,37.7750,-122.4194,15.6,,,,,750,37,-115.0,-15.0,,false,,b\n"
    "2025-10-10T13:58:29.603-04:00,37.7751,-122.4194,15.6,310,260,12345,12345678,750,36,-110.0,2147483647,,true,3.0,c\n"
    "2025-10-10T13:58:30.603-04:00,37.7752,-122.4194,15.6,310,260,12345,12345678,750,36,2147483647,-9.0,,true,3.0,d\n"
)
"""In the words of Android."""

LOGS = {
    "app.csv": lambda _, path: path.write_text(OPENCELLID),
    "export.csv.gz": lambda _, path: path.write_bytes(gzip.compress(EXPORTED.encode())),
    "phone.csv": lambda _, path: path.write_text(PHONE),
}
