"""CAT048 edition 1.32: monoradar target reports.

EUROCONTROL ASTERIX; the notation is explained in \
    vts/radar/tables.py.
"""

EDITION = "1.32"

TABLE = """
1 010 SAC:8 SIC:8
2 140 TOD:u24@1/128s
3 020 ext TYP:3 SIM:1 RDP:1 SPI:1 RAB:1 | TST:1 ERR:1 XPP:1 ME:1 MI:1 FOEFRI:2 | ADSB_EP:1 ADSB_VAL:1 SCN_EP:1 \
    SCN_VAL:1 PAI_EP:1 PAI_VAL:1 .:1 | ACASXV_EP:1 ACASXV_VAL:4 POXPR_EP:1 POXPR_VAL:1 | POACT_EP:1 POACT_VAL:1 \
    DTFXPR_EP:1 DTFXPR_VAL:1 DTFACT_EP:1 DTFACT_VAL:1 .:1 | IRMXPR_EP:1 IRMXPR_VAL:1 IRMACT_EP:1 IRMACT_VAL:1 .:3 |
4 040 RHO:u16@1/256nm THETA:u16@360/2^16deg
5 070 V:1 G:1 L:1 .:1 MODE3A:o12
6 090 V:1 G:1 FL:s14@0.25fl
7 130 compound
  1 SRL :u8@360/2^13deg
  2 SRR :u8
  3 SAM :s8@1dbm
  4 PRL :u8@360/2^13deg
  5 PAM :s8@1dbm
  6 RPD :s8@1/256nm
  7 APD :s8@360/2^14deg
8 220 ADDR:24
9 240 IDENT:i48
10 250 rep MBDATA:56 BDS1:4 BDS2:4
11 161 .:4 TRN:12
12 042 X:s16@1/128nm Y:s16@1/128nm
13 200 GSP:u16@1/2^14nmps HDG:u16@360/2^16deg
14 170 ext CNF:1 RAD:2 DOU:1 MAH:1 CDM:2 | TRE:1 GHO:1 SUP:1 TCC:1 .:3 |
15 210 SIGX:u8@1/128nm SIGY:u8@1/128nm SIGV:u8@1/2^14nmps SIGH:u8@360/2^12deg
16 030 repfx CODE:7
17 080 .:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1
18 100 V:1 G:1 .:2 MODEC:12 .:4 QC1:1 QA1:1 QC2:1 QA2:1 QC4:1 QA4:1 QB1:1 QD1:1 QB2:1 QD2:1 QB4:1 QD4:1
19 110 .:2 3DH:s14@25ft
20 120 compound
  1 CAL D:1 .:5 CAL:s10@1mps
  2 RDS rep DOP:u16@1mps AMB:u16@1mps FRQ:u16@1mhz
21 230 COM:3 STAT:3 SI:1 .:1 MSSC:1 ARC:1 AIC:1 B1A:1 B1B:4
22 260 ACAS:56
23 055 V:1 G:1 L:1 MODE1:5
24 050 V:1 G:1 L:1 .:1 MODE2:o12
25 065 .:3 QA4:1 QA2:1 QA1:1 QB2:1 QB1:1
26 060 .:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1
27 SP explicit
28 RE explicit
"""

# What becomes a report, as columns of Reports and the factors that lead to their units; see vts/radar/asterix.py.
TARGETS = ()
REPORT = {
    "tod_s": "i140_tod_s",
    "track": "i161_trn",
    "range_nm": "i040_rho_nm",
    "azimuth_deg": "i040_theta_deg",
    "x_nm": "i042_x_nm",
    "y_nm": "i042_y_nm",
    "speed_nmps": "i200_gsp_nmps",
    "course_deg": "i200_hdg_deg",
}
NOT_MEASURED = {
    "i020_sim": "simulated target",
    "i020_tst": "test target",
    "i020_rab": "field monitor",
    "i170_gho": "ghost track",
    "i170_tre": "last report of a radar track",
}
