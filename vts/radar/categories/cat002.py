"""CAT002 edition 1.2: monoradar service messages of old stations.

EUROCONTROL ASTERIX; the notation is explained \
    in vts/radar/tables.py.
"""

EDITION = "1.2"

TABLE = """
1 010 SAC:8 SIC:8
2 000 TYP:8
3 020 SECTOR:u8@360/2^8deg
4 030 TOD:u24@1/128s
5 041 PERIOD:u16@1/128s
6 050 repfx STATUS:7
7 060 repfx MODE:7
8 070 rep A:1 IDENT:5 COUNTER:u10
9 100 RS:u16@1/128nm RE:u16@1/128nm TS:u16@360/2^16deg TE:u16@360/2^16deg
10 090 RE:s8@1/128nm AE:s8@360/2^14deg
11 080 repfx CODE:7
13 SP explicit
"""

# Service messages: their time keeps the stream's clock, nothing in them becomes a report.
REPORT = {"tod_s": "i030_tod_s"}
