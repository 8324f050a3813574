#!/usr/bin/env python3
"""The commands: the only wall clock, print and exit code. It reads as the system reads."""

import click


@click.group()
def main():
    """Lingding: watch vessels, from a log's bytes to risk."""


if __name__ == "__main__":
    main()
