"""CAT010 edition 1.1: monosensor surface movement data: harbour and coastal radar plots and tracks.

EUROCONTROL \
    ASTERIX; the notation is explained in vts/radar/tables.py.
"""

EDITION = "1.1"

TABLE = """
1 010 SAC:8 SIC:8
2 000 TYP:8
3 020 ext TYP:3 DCR:1 CHN:1 GBS:1 CRT:1 | SIM:1 TST:1 RAB:1 LOP:2 TOT:2 | SPI:1 .:6 |
4 140 TOD:u24@1/128s
5 041 LAT:s32@180/2^31deg LON:s32@180/2^31deg
6 040 RHO:u16@1m TH:u16@360/2^16deg
7 042 X:s16@1m Y:s16@1m
8 200 GSP:u16@1/2^14nmps TRA:u16@360/2^16deg
9 202 VX:s16@0.25mps VY:s16@0.25mps
10 161 .:4 TRK:12
11 170 ext CNF:1 TRE:1 CST:2 MAH:1 TCC:1 STH:1 | TOM:2 DOU:3 MRS:2 | GHO:1 .:6 |
12 060 V:1 G:1 L:1 .:1 MODE3A:o12
13 220 ADDR:24
14 245 STI:2 .:6 CHR:i48
15 250 rep MBDATA:56 BDS1:4 BDS2:4
16 300 VFI:8
17 090 V:1 G:1 FL:s14@0.25fl
18 091 HEIGHT:s16@6.25ft
19 270 ext LENGTH:u7@1m | ORIENTATION:u7@360/2^7deg | WIDTH:u7@1m |
20 550 NOGO:2 OVL:1 TSV:1 DIV:1 TTF:1 .:2
21 310 TRB:1 MSG:7
22 500 DEVX:u8@0.25m DEVY:u8@0.25m COVXY:s16@0.25m
23 280 rep DRHO:s8@1m DTHETA:s8@0.15deg
24 131 AMP:8
25 210 AX:s8@0.25mps2 AY:s8@0.25mps2
27 SP explicit
28 RE explicit
"""

# What becomes a report, as columns of Reports and the factors that lead to their units; see vts/radar/asterix.py.
TARGETS = (1,)
REPORT = {
    "type": "i000_typ",
    "tod_s": "i140_tod_s",
    "track": "i161_trk",
    "range_m": "i040_rho_m",
    "azimuth_deg": "i040_th_deg",
    "x_m": "i042_x_m",
    "y_m": "i042_y_m",
    "lon_deg": "i041_lon_deg",
    "lat_deg": "i041_lat_deg",
    "speed_nmps": "i200_gsp_nmps",
    "course_deg": "i200_tra_deg",
    "vx_mps": "i202_vx_mps",
    "vy_mps": "i202_vy_mps",
    "length_m": "i270_length_m",
    "width_m": "i270_width_m",
}
NOT_MEASURED = {
    "i020_sim": "simulated target",
    "i020_tst": "test target",
    "i020_rab": "field monitor",
    "i170_gho": "ghost track",
    "i170_cst": "extrapolated by the radar",
    "i170_tre": "last report of a radar track",
}
