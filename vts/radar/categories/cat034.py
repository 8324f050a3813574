"""CAT034 edition 1.29: monoradar service messages: north markers, sectors, status.

EUROCONTROL ASTERIX; the \
    notation is explained in vts/radar/tables.py.
"""

EDITION = "1.29"

TABLE = """
1 010 SAC:8 SIC:8
2 000 TYP:8
3 030 TOD:u24@1/128s
4 020 SECTOR:u8@360/2^8deg
5 041 PERIOD:u16@1/128s
6 050 compound
  1 COM NOGO:1 RDPC:1 RDPR:1 OVLRDP:1 OVLXMT:1 MSC:1 TSV:1 .:1
  4 PSR ANT:1 CHAB:2 OVL:1 MSC:1 .:3
  5 SSR ANT:1 CHAB:2 OVL:1 MSC:1 .:3
  6 MDS ANT:1 CHAB:2 OVLSUR:1 MSC:1 SCF:1 DLF:1 OVLSCF:1 OVLDLF:1 .:7
7 060 compound
  1 COM .:1 REDRDP:3 REDXMT:3 .:1
  4 PSR POL:1 REDRAD:3 STC:2 .:2
  5 SSR REDRAD:3 .:5
  6 MDS REDRAD:3 CLU:1 .:4
8 070 rep TYP:5 COUNT:u11
9 100 RHOST:u16@1/256nm RHOEND:u16@1/256nm THETAST:u16@360/2^16deg THETAEND:u16@360/2^16deg
10 110 FILTER:8
11 120 HGT:s16@1m LAT:s24@180/2^23deg LON:s24@180/2^23deg
12 090 RNG:s8@1/128nm AZM:s8@360/2^14deg
13 RE explicit
14 SP explicit
"""

# Service messages: their time keeps the stream's clock, nothing in them becomes a report.
REPORT = {"tod_s": "i030_tod_s"}
