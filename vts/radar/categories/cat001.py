"""CAT001 edition 1.4: monoradar target reports of old stations.

EUROCONTROL ASTERIX; the notation is explained in \
    vts/radar/tables.py.
"""

EDITION = "1.4"

TABLE = """
1 010 SAC:8 SIC:8
2 020 ext TYP:1 SIM:1 SSRPSR:2 ANT:1 SPI:1 RAB:1 | TST:1 DS1DS2:2 ME:1 MI:1 .:2 |
3 040 RHO:u16@1/128nm THETA:u16@360/2^16deg
4 070 V:1 G:1 L:1 .:1 MODE3A:o12
5 090 V:1 G:1 HGT:s14@0.25fl
6 130 repfx QUALITY:7
7 141 TTOD:u16@1/128s
8 050 V:1 G:1 L:1 .:1 MODE2:o12
9 120 DOPPLER:s8@1/256nmps
10 131 POWER:s8@1dbm
11 080 .:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1
12 100 V:1 G:1 .:2 MODEC:12 .:4 QC1:1 QA1:1 QC2:1 QA2:1 QC4:1 QA4:1 QB1:1 QD1:1 QB2:1 QD2:1 QB4:1 QD4:1
13 060 .:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1
14 030 repfx CODE:7
15 150 XA:1 .:1 XC:1 .:2 X2:1 .:2
20 SP explicit
"""

TRACK_TABLE = """
1 010 SAC:8 SIC:8
2 020 ext TYP:1 SIM:1 SSRPSR:2 ANT:1 SPI:1 RAB:1 | TST:1 DS1DS2:2 ME:1 MI:1 .:2 |
3 161 TRN:16
4 040 RHO:u16@1/128nm THETA:u16@360/2^16deg
5 042 X:s16@1/64nm Y:s16@1/64nm
6 200 GSP:u16@1/2^14nmps HDG:u16@360/2^16deg
7 070 V:1 G:1 L:1 .:1 MODE3A:o12
8 090 V:1 G:1 HGT:s14@0.25fl
9 141 TTOD:u16@1/128s
10 130 repfx QUALITY:7
11 131 POWER:s8@1dbm
12 120 DOPPLER:s8@1/256nmps
13 170 ext CON:1 RAD:1 MAN:1 DOU:1 RDPC:1 .:1 GHO:1 | TRE:1 .:6 |
14 210 repfx QUALITY:7
15 050 V:1 G:1 L:1 .:1 MODE2:o12
16 080 .:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1
17 100 V:1 G:1 .:2 MODEC:12 .:4 QC1:1 QA1:1 QC2:1 QA2:1 QC4:1 QA4:1 QB1:1 QD1:1 QB2:1 QD2:1 QB4:1 QD4:1
18 060 .:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1
19 030 repfx CODE:7
20 SP explicit
22 150 XA:1 .:1 XC:1 .:2 X2:1 .:2
"""

# What becomes a report, as columns of Reports and the factors that lead to their units; see vts/radar/asterix.py.
TARGETS = ()
WRAP_S = 512.0  # I001/141 is the time of day cut to 16 bits of 1/128 s
REPORT = {
    "tod_s": "i141_ttod_s",
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
