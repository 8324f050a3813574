"""CAT062 edition 1.21: system tracks.

EUROCONTROL ASTERIX; the notation is explained in vts/radar/tables.py.
"""

EDITION = "1.21"

TABLE = """
1 010 SAC:8 SIC:8
3 015 SID:8
4 070 TOD:u24@1/128s
5 105 LAT:s32@180/2^25deg LON:s32@180/2^25deg
6 100 X:s24@0.5m Y:s24@0.5m
7 185 VX:s16@0.25mps VY:s16@0.25mps
8 210 AX:s8@0.25mps2 AY:s8@0.25mps2
9 060 V:1 G:1 CH:1 .:1 MODE3A:o12
10 245 STI:2 .:6 CHR:i48
11 380 compound
  1 ADR :24
  2 ID :i48
  3 MHG :u16@360/2^16deg
  4 IAS IM:1 IAS:15
  5 TAS :u16@1kn
  6 SAL SAS:1 SRC:2 ALT:s13@25ft
  7 FSS MV:1 AH:1 AM:1 ALT:s13@25ft
  8 TIS ext NAV:1 NVB:1 .:5 |
  9 TID rep TCA:1 NC:1 TCPN:6 ALT:s16@10ft LAT:s24@180/2^23deg LON:s24@180/2^23deg PT:4 TD:2 TRA:1 TOA:1 TOV:u24@1s \
    TTR:u16@0.01nm
  10 COM COM:3 STAT:3 .:2 SSC:1 ARC:1 AIC:1 B1A:1 B1B:4
  11 SAB AC:2 MN:2 DC:2 GBS:1 .:6 STAT:3
  12 ACS :56
  13 BVR :s16@6.25ftpmin
  14 GVR :s16@6.25ftpmin
  15 RAN :s16@0.01deg
  16 TAR TI:2 .:6 ROT:s7@0.25degps .:1
  17 TAN :u16@360/2^16deg
  18 GS :s16@1/2^14nmps
  19 VUN :8
  20 MET WS:1 WD:1 TMP:1 TRB:1 .:4 WSD:u16@1kn WDD:u16@1deg TMPD:s16@0.25degc TRBD:u8
  21 EMC :8
  22 POS LAT:s24@180/2^23deg LON:s24@180/2^23deg
  23 GAL :s16@6.25ft
  24 PUN .:4 PUN:4
  25 BDSDATA rep :64
  26 IAR :u16@1kn
  27 MAC :u16@0.008mach
  28 BPS .:4 BPS:u12@0.1hpa
12 040 TRN:16
13 080 ext MON:1 SPI:1 MRH:1 SRC:3 CNF:1 | SIM:1 TSE:1 TSB:1 FPC:1 AFF:1 STP:1 KOS:1 | AMA:1 MD4:2 ME:1 MI:1 MD5:2 \
    | CST:1 PSR:1 SSR:1 MDS:1 ADS:1 SUC:1 AAC:1 | SDS:2 EMS:3 PFT:1 FPLT:1 | DUPT:1 DUPF:1 DUPM:1 SFC:1 IDD:1 IEC:1 \
    MLAT:1 | M5I:1 .:6 |
14 290 compound
  1 TRK :u8@0.25s
  2 PSR :u8@0.25s
  3 SSR :u8@0.25s
  4 MDS :u8@0.25s
  5 ADS :u16@0.25s
  6 ES :u8@0.25s
  7 VDL :u8@0.25s
  8 UAT :u8@0.25s
  9 LOP :u8@0.25s
  10 MLT :u8@0.25s
15 200 TRANS:2 LONG:2 VERT:2 ADF:1 .:1
16 295 compound
  1 MFL :u8@0.25s
  2 MD1 :u8@0.25s
  3 MD2 :u8@0.25s
  4 MDA :u8@0.25s
  5 MD4 :u8@0.25s
  6 MD5 :u8@0.25s
  7 MHG :u8@0.25s
  8 IAS :u8@0.25s
  9 TAS :u8@0.25s
  10 SAL :u8@0.25s
  11 FSS :u8@0.25s
  12 TID :u8@0.25s
  13 COM :u8@0.25s
  14 SAB :u8@0.25s
  15 ACS :u8@0.25s
  16 BVR :u8@0.25s
  17 GVR :u8@0.25s
  18 RAN :u8@0.25s
  19 TAR :u8@0.25s
  20 TAN :u8@0.25s
  21 GSP :u8@0.25s
  22 VUN :u8@0.25s
  23 MET :u8@0.25s
  24 EMC :u8@0.25s
  25 POS :u8@0.25s
  26 GAL :u8@0.25s
  27 PUN :u8@0.25s
  28 MB :u8@0.25s
  29 IAR :u8@0.25s
  30 MAC :u8@0.25s
  31 BPS :u8@0.25s
17 136 FL:s16@0.25fl
18 130 ALT:s16@6.25ft
19 135 QNH:1 CTB:s15@0.25fl
20 220 ROCD:s16@6.25ftpmin
21 390 compound
  1 TAG SAC:8 SIC:8
  2 CS :a56
  3 IFI TYP:2 .:3 NBR:u27
  4 FCT GATOAT:2 FR1FR2:2 RVSM:2 HPR:1 .:1
  5 TAC :a32
  6 WTC :a8
  7 DEP :a32
  8 DST :a32
  9 RDS NU1:a8 NU2:a8 LTR:a8
  10 CFL :u16@0.25fl
  11 CTL CENTRE:8 POSITION:8
  12 TOD rep TYP:5 DAY:2 .:4 HOR:u5 .:2 MIN:u6 AVS:1 .:1 SEC:u6
  13 AST :a48
  14 STS EMP:2 AVL:2 .:4
  15 STD :a56
  16 STA :a56
  17 PEM .:3 VA:1 MODE3A:o12
  18 PEC :a56
22 270 ext LENGTH:u7@1m | ORIENTATION:u7@360/2^7deg | WIDTH:u7@1m |
23 300 VFI:8
24 110 compound
  1 SUM M5:1 ID:1 DA:1 M1:1 M2:1 M3:1 MC:1 X:1
  2 PMN .:2 PIN:14 .:3 NAT:5 .:2 MIS:6
  3 POS LAT:s24@180/2^23deg LON:s24@180/2^23deg
  4 GA .:1 RES:1 GA:s14@25ft
  5 EM1 .:4 EM1:o12
  6 TOS :s8@1/128s
  7 XP .:3 X5:1 XC:1 X3:1 X2:1 X1:1
25 120 .:4 MODE2:o12
26 510 repfx IDENT:8 TRACK:15
27 500 compound
  1 APC X:u16@0.5m Y:u16@0.5m
  2 COV :s16@0.5m
  3 APW LAT:u16@180/2^25deg LON:u16@180/2^25deg
  4 AGA :u8@6.25ft
  5 ABA :u8@0.25fl
  6 ATV X:u8@0.25mps Y:u8@0.25mps
  7 AA X:u8@0.25mps2 Y:u8@0.25mps2
  8 ARC :u8@6.25ftpmin
28 340 compound
  1 SID SAC:8 SIC:8
  2 POS RHO:u16@1/256nm THETA:u16@360/2^16deg
  3 HEIGHT :s16@25ft
  4 MDC V:1 G:1 LMC:s14@0.25fl
  5 MDA V:1 G:1 L:1 .:1 MODE3A:o12
  6 TYP TYP:3 SIM:1 RAB:1 TST:1 .:2
34 RE explicit
35 SP explicit
"""

# What becomes a report, as columns of Reports and the factors that lead to their units; see vts/radar/asterix.py.
TARGETS = ()
REPORT = {
    "tod_s": "i070_tod_s",
    "track": "i040_trn",
    "lon_deg": "i105_lon_deg",
    "lat_deg": "i105_lat_deg",
    "x_m": "i100_x_m",
    "y_m": "i100_y_m",
    "vx_mps": "i185_vx_mps",
    "vy_mps": "i185_vy_mps",
    "length_m": "i270_length_m",
    "width_m": "i270_width_m",
}
NOT_MEASURED = {
    "i080_sim": "simulated target",
    "i080_cst": "extrapolated by the radar",
    "i080_tse": "last report of a radar track",
}
