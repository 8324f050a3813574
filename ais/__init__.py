"""Every byte of AIS: logs to Reports and Statics."""
