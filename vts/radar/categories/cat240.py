"""CAT240 edition 1.3: rotating radar video.

EUROCONTROL ASTERIX; the notation is explained in \
    vts/radar/tables.py.
"""

EDITION = "1.3"

TABLE = """
1 010 SAC:8 SIC:8
2 000 TYP:8
3 020 INDEX:u32
4 030 rep SUMMARY:a8
5 040 STARTAZ:u16@360/2^16deg ENDAZ:u16@360/2^16deg STARTRG:u32 CELLDUR:u32@1ns
6 041 STARTAZ:u16@360/2^16deg ENDAZ:u16@360/2^16deg STARTRG:u32 CELLDUR:u32@1fs
7 048 C:1 .:7 RES:8
8 049 NBVB:u16 NBCELLS:u24
9 050 rep VIDEO:32
10 051 rep VIDEO:512
11 052 rep VIDEO:2048
12 140 TOD:u24@1/128s
13 RE explicit
14 SP explicit
"""

# Service messages: their time keeps the stream's clock, nothing in them becomes a report.
REPORT = {"tod_s": "i140_tod_s"}
